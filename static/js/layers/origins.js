// Questions to origins of images other than the one that is shown.
import { Client, Refusal } from "./client.js";

const NOBODY = ["none", "gone", "broken", "lost"];

// Ask one question, over a connection that ends with its answer: a reader of archives is not kept
// waiting for a page that has moved on.
export function askOnce(source, op, fields = {}) {
  const client = new Client(source);
  return new Promise((resolve, reject) => {
    client.addEventListener("state", () => NOBODY.includes(client.state) && reject(new Refusal(client.state)));
    client.ask(op, fields).then(resolve, reject);
  }).finally(() => client.end());
}
