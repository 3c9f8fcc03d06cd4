/**
 * The package `yaml`, loaded only where it is wanted: it costs start-up time. Through a file of our own, because a bundle gives a
 * CommonJS package that is imported on demand no named exports.
 */
export { parseAllDocuments, stringify } from "yaml";
