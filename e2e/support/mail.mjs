// A mail server that keeps what it gets.
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export class MailServer {
  #server = createServer((socket) => this.#talk(socket));
  #mails = [];

  static async start() {
    const mail = new MailServer();
    mail.#server.listen(0, "127.0.0.1");
    await once(mail.#server, "listening");
    return mail;
  }

  /** The setting with which a server sends here. */
  get url() {
    return `smtp://127.0.0.1:${this.#server.address().port}`;
  }

  async #talk(socket) {
    socket.on("error", () => {});
    const answer = (line) => socket.write(`${line}\r\n`);
    answer("220 ready");
    let mail;
    for await (const line of createInterface({ input: socket })) {
      if (mail === undefined) {
        if (line === "DATA") mail = "";
        answer({ DATA: "354 go on", QUIT: "221 bye" }[line] ?? "250 ok");
      } else if (line === ".") {
        this.#mails.push(mail);
        mail = undefined;
        answer("250 kept");
      } else {
        mail += `${line}\n`;
      }
    }
  }

  /** Returns the next mail to an address, decoded. */
  async take(address) {
    for (;;) {
      const found = this.#mails.findIndex((mail) => mail.includes(`To: ${address}`));
      if (found >= 0) return decode(this.#mails.splice(found, 1)[0]);
      await sleep(20);
    }
  }

  stop() {
    this.#server.close();
  }
}

function decode(mail) {
  const body = mail.slice(mail.indexOf("\n\n") + 2);
  if (/^Content-Transfer-Encoding: base64$/m.test(mail)) return Buffer.from(body, "base64").toString();
  const bytes = body.replaceAll("=\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}
