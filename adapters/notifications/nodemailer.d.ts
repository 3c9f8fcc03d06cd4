/** As much of nodemailer as is used; its own types stand in a package that brings a cloud provider's SDK along. */
declare module "nodemailer" {
  export interface Transporter {
    sendMail(mail: {
      from: string;
      to: string[];
      subject: string;
      text: string;
      messageId: string;
      headers: Record<string, string>;
    }): Promise<{ rejected: string[] }>;
    close(): void;
  }
  export function createTransport(options: {
    host: string;
    port: number;
    secure: boolean;
    requireTLS: boolean;
    ignoreTLS: boolean;
    auth?: { user: string; pass: string };
    connectionTimeout: number;
    greetingTimeout: number;
    socketTimeout: number;
    disableFileAccess: boolean;
    disableUrlAccess: boolean;
  }): Transporter;
}
