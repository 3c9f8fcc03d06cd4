/** YAML is written seldom and costs start-up time: this file is loaded when it is wanted. */
export { stringify } from "yaml";
