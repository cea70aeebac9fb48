/**
 * The three functions that this folder is given, because it runs in nodes and in browsers:
 * `node:crypto` on the node, `tweetnacl` and a SHA-256 in clients.
 */
/** SHA-256 (FIPS 180-4): 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array
/** Ed25519 (RFC 8032, pure) by a key that the function holds: 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array
/** Ed25519 as RFC 8032 §5.1.7 checks it. Callers here refuse first what `ed25519.ts` refuses. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean
