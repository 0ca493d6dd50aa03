// What people do before the door, and the second factor's codes.
import { createHmac } from "node:crypto";

export const password = "correct horse battery";

export const welcome = (page) => page.getByRole("dialog", { name: "Welcome to Warren" });
export const field = (page, name) => page.getByRole("dialog").getByLabel(name, { exact: true });
export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const heading = (page, name) => page.getByRole("heading", { name, exact: true });

export async function logIn(page, name, word) {
  await field(page, "Name").fill(name);
  await field(page, "Password").fill(word);
  await button(page, "Log in").click();
}

export async function signUp(page, name, word) {
  await page.getByRole("tab", { name: "Sign up" }).click();
  await field(page, "Name").fill(name);
  await field(page, "Password").fill(word);
  await button(page, "Sign up").click();
}

/** RFC 6238, written anew: the server's own would agree with itself. */
export function codeAt(base32, time) {
  const bits = [...base32].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(time / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
