/** As much of smtp-server as the tests use. */
declare module "smtp-server" {
  import type { Server } from "node:net";
  import type { Readable } from "node:stream";
  type Done = (error?: Error | null, more?: { user: string }) => void;
  export class SMTPServer {
    constructor(options: {
      authOptional: boolean;
      disabledCommands: string[];
      onAuth(auth: { username: string; password: string }, session: unknown, done: Done): void;
      onRcptTo(address: { address: string }, session: unknown, done: Done): void;
      onData(stream: Readable, session: { envelope: { rcptTo: { address: string }[] } }, done: Done): void;
    });
    server: Server;
    listen(port: number, host: string, done: () => void): void;
    close(done: () => void): void;
  }
}
