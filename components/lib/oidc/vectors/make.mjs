// Makes id-tokens.json: ID tokens by Node's own cryptography, an implementation that shares nothing with ours, each right or wrong in one
// thing. `node make.mjs > id-tokens.json`; the keys are new each time and are thrown away, so that nobody signs another one with them.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";

const now = 1767225600; // 2026-01-01T00:00:00Z
const [issuer, client, nonce] = ["https://provider.example", "our-client", "the-nonce"];

const made = {
  rsa: ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ec: ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ed: ["EdDSA", generateKeyPairSync("ed25519")],
  stranger: ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 })],
  short: ["RS256", generateKeyPairSync("rsa", { modulusLength: 1024 })],
  encryption: ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 })],
};
const jwk = (kid, more = {}) => ({ ...made[kid][1].publicKey.export({ format: "jwk" }), kid, alg: made[kid][0], use: "sig", ...more });
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signature(key, message) {
  const [algorithm, { privateKey }] = made[key];
  const options = algorithm === "ES256" ? { key: privateKey, dsaEncoding: "ieee-p1363" } : privateKey;
  return sign(algorithm === "EdDSA" ? null : "sha256", Buffer.from(message), options).toString("base64url");
}

function token(key, claims = {}, header = {}) {
  const whole = {
    iss: issuer, aud: client, sub: "4711", iat: now - 5, exp: now + 3600, nonce,
    email: "ada@gmail.com", email_verified: true, given_name: "Ada", ...claims,
  };
  const message = `${part({ alg: made[key][0], kid: key, typ: "JWT", ...header })}.${part(whole)}`;
  return `${message}.${signature(key, message)}`;
}

const good = token("rsa");
const [head, body, tail] = good.split(".");
const symmetric = (() => {
  const message = `${part({ alg: "HS256", kid: "rsa" })}.${body}`;
  const secret = made.rsa[1].publicKey.export({ format: "pem", type: "spki" });
  return `${message}.${createHmac("sha256", secret).update(message).digest("base64url")}`;
})();
const flipped = Buffer.from(tail, "base64url");
flipped[100] ^= 1;

// [what, what is expected, token]
const tokens = [
  ["RSA", "good", good],
  ["ECDSA on P-256", "good", token("ec")],
  ["Ed25519", "good", token("ed")],
  ["we are the only audience of a list", "good", token("rsa", { aud: [client] })],
  ["issued to us", "good", token("rsa", { azp: client })],
  ["a flag as text", "good", token("rsa", { email_verified: "true" })],
  ["no key id, one key of that algorithm", "good", token("ed", {}, { kid: undefined })],
  ["issued by a clock a minute ahead", "good", token("rsa", { iat: now + 60 })],
  ["good from a minute ahead on", "good", token("rsa", { nbf: now + 60 })],
  ["expired within the minute", "good", token("rsa", { exp: now - 59 })],

  ["another issuer", "issuer", token("rsa", { iss: "https://evil.example" })],
  ["the issuer with a slash", "issuer", token("rsa", { iss: `${issuer}/` })],
  ["another audience", "audience", token("rsa", { aud: "another-client" })],
  ["an audience beside us", "audience", token("rsa", { aud: [client, "another-client"] })],
  ["no audience", "audience", token("rsa", { aud: [] })],
  ["issued to another party", "audience", token("rsa", { azp: "another-client" })],
  ["expired a minute ago", "expired", token("rsa", { exp: now - 60 })],
  ["issued more than a minute from now", "expired", token("rsa", { iat: now + 61 })],
  ["not good before more than a minute from now", "expired", token("rsa", { nbf: now + 61 })],
  ["the nonce of another try", "nonce", token("rsa", { nonce: "another-try" })],
  ["an empty nonce", "nonce", token("rsa", { nonce: "" })],
  ["no nonce", "no-nonce", token("rsa", { nonce: undefined })],

  ["signed by a stranger in the name of a key", "signature", token("stranger", {}, { kid: "rsa" })],
  ["one bit of the signature", "signature", `${head}.${body}.${flipped.toString("base64url")}`],
  ["other claims under the signature", "signature", `${head}.${part({ ...JSON.parse(Buffer.from(body, "base64url")), sub: "1" })}.${tail}`],
  ["another header over the signature", "signature", `${part({ alg: "RS256", kid: "rsa" })}.${body}.${tail}`],
  ["no signature", "signature", `${head}.${body}.`],
  ["a key that is not in the set", "unknown-key", token("stranger")],
  ["the key of another algorithm", "unknown-key", token("rsa", {}, { alg: "ES256" })],
  ["no key id, two keys of that algorithm", "unknown-key", token("rsa", {}, { kid: undefined })],
  ["a key of 1,024 bits", "unknown-key", token("short")],
  ["a key for encryption", "unknown-key", token("encryption")],

  ["unsigned", "malformed", `${part({ alg: "none" })}.${body}.`],
  ["unsigned in capitals", "malformed", `${part({ alg: "NONE", kid: "rsa" })}.${body}.${tail}`],
  ["the public key as the secret of HS256", "malformed", symmetric],
  ["an algorithm that we do not take", "malformed", token("rsa", {}, { alg: "PS256" })],
  ["an extension that must be understood", "malformed", token("rsa", {}, { crit: ["b64"], b64: true })],
  ["no expiry", "malformed", token("rsa", { exp: undefined })],
  ["no time of issue", "malformed", token("rsa", { iat: undefined })],
  ["nobody", "malformed", token("rsa", { sub: undefined })],
  ["an empty subject", "malformed", token("rsa", { sub: "" })],
  ["times as text", "malformed", token("rsa", { exp: `${now + 3600}` })],
  ["two parts", "malformed", `${head}.${body}`],
  ["four parts", "signature", `${good}.${tail}`],
  ["padded base64", "malformed", `${head}.${body}.${tail}==`],
  ["nothing", "malformed", ""],
];
const keys = [jwk("rsa"), jwk("ec"), jwk("ed"), jwk("short"), jwk("encryption", { use: "enc" }), { ...jwk("stranger"), kid: "second" }];
keys.push({ kty: "oct", kid: "secret", k: part("anything") }, { kty: "RSA", kid: "half", n: "AQAB" }, "no key at all");
console.log(JSON.stringify({ now, issuer, client, nonce, keys, tokens: tokens.map(([what, expected, token]) => ({ what, expected, token })) }, null, 1));
