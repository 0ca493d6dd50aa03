// A real OpenID Connect provider (panva's, certified by the OpenID Foundation) on loopback, with its own pages for logging in.
import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

export const client = { id: "warren", secret: "a secret of the client" };

/** A provider whose people are called as they log in; its client comes once the address that it sends browsers back to is known. */
export async function startProvider() {
  let answer = (_, response) => response.writeHead(503).end();
  const http = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  await once(http, "listening");
  const issuer = `http://127.0.0.1:${http.address().port}`;
  return {
    issuer,
    /** From here on it knows the server. */
    knows(server) {
      const provider = new Provider(issuer, {
        clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [`${server}/login/callback`], response_types: ["code"], grant_types: ["authorization_code"] }],
        claims: { openid: ["sub"], profile: ["preferred_username", "name"], email: ["email", "email_verified"] },
        findAccount: (_, sub) => ({
          accountId: sub,
          claims: () => ({ sub, preferred_username: sub, name: sub, email: `${sub}@school.example`, email_verified: !sub.startsWith("unverified") }),
        }),
        cookies: { keys: ["only for tests"] },
        pkce: { required: () => true },
      });
      answer = provider.callback();
    },
    stop: () => {
      http.close();
      http.closeAllConnections();
    },
  };
}
