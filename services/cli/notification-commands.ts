import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The commands under `sluice notification`. */
export function addNotificationCommands(program: SluiceCommand, run: Run): void {
  const notification = program.sub("notification", "see and try who is told of what") as SluiceCommand;
  notification.example("sluice notification test releases");
  notification
    .sub("list", "list notifications, with how many deliveries arrived and failed")
    .example("sluice notification list")
    .action(() => run(async (context) => (await import("./commands/get.ts")).get(context, "notifications", [], {})));
  notification
    .sub("deliveries <name>", "list the newest deliveries of a notification")
    .example("sluice notification deliveries releases")
    .action((name: string) =>
      run(async (context) => (await import("./commands/notification.ts")).deliveries(context, name)),
    );
  notification
    .sub("test <name>", "send a message and wait until it arrived or was refused")
    .option("--timeout <duration>", "how long to wait (30s)")
    .example("sluice notification test releases")
    .action((name: string, options: { timeout?: string }) =>
      run(async (context) => (await import("./commands/notification.ts")).tryOut(context, name, options)),
    );
}
