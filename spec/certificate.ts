/** Node certificates (spec/feed.md): the cold root key of a node names the hot key that seals and speaks for it. */
import { concatBytes } from './bytes.ts'
import { CborReader } from './cbor-reader.ts'
import { encodeCbor } from './cbor.ts'
import type { Sign, Verify } from './crypto.ts'
import { isStrictPublicKey, isStrictSignature } from './ed25519.ts'
import { HearthError } from './errors.ts'
import { textBytes } from './utf8.ts'

/** CERT-1 */
export interface Certificate {
  /** 1, 2, 3 …: the highest serial that verifies is the one that counts (CERT-3). */
  readonly serial: number
  /** Ed25519, 32 bytes. */
  readonly hotPublicKey: Uint8Array
  /** Unix ms. */
  readonly notBeforeMs: number
  /** No key with a lower serial counts any more, whatever it sealed (CERT-4). */
  readonly revokesEarlier: boolean
}

/**
 * CERT-2: CBOR [body, signature], body = CBOR [1, serial, hotPublicKey, notBeforeMs], or 2 for 1 to revoke all keys before;
 * `sign` holds the root key.
 */
export const issueCertificate = (
  sign: Sign,
  {
    serial,
    hotPublicKey,
    notBeforeMs,
    revokesEarlier = false,
  }: Omit<Certificate, 'revokesEarlier'> & Partial<Certificate>,
): Uint8Array => {
  const body = encodeCbor([revokesEarlier ? 2 : 1, serial, hotPublicKey, notBeforeMs])
  return encodeCbor([body, sign(concatBytes(certificateDomain, body))])
}

/**
 * The certificate, if the root key signed it (CERT-2) and both keys and the signature are strict (SEAL-7 to SEAL-9).
 * Throws SEAL_INVALID.
 */
export const readCertificate = (verify: Verify, rootPublicKey: Uint8Array, bytes: Uint8Array): Certificate => {
  const { body, signature } = decodeOuter(bytes)
  const certificate = decodeBody(body)
  const strict =
    isStrictPublicKey(rootPublicKey) && isStrictPublicKey(certificate.hotPublicKey) && isStrictSignature(signature)
  if (!strict || !verify(rootPublicKey, concatBytes(certificateDomain, body), signature)) {
    throw new HearthError('SEAL_INVALID', 'the certificate is not signed by the root key of the node')
  }
  return certificate
}

const decodeOuter = (bytes: Uint8Array): { body: Uint8Array; signature: Uint8Array } =>
  orInvalid(() => {
    const reader = new CborReader(bytes)
    const fields = reader.array()
    const body = reader.bytes()
    const signature = reader.bytesOf(64)
    reader.end()
    return fields === 2 ? { body, signature } : undefined
  })

const decodeBody = (bytes: Uint8Array): Certificate =>
  orInvalid(() => {
    const reader = new CborReader(bytes)
    const version = reader.array() === 4 ? reader.uint() : 0
    const serial = reader.uint()
    const hotPublicKey = reader.bytesOf(32)
    const notBeforeMs = reader.uint()
    reader.end()
    const isKnown = (version === 1 || version === 2) && serial > 0
    return isKnown ? { serial, hotPublicKey, notBeforeMs, revokesEarlier: version === 2 } : undefined
  })

const orInvalid = <T>(decode: () => T | undefined): T => {
  try {
    const decoded = decode()
    if (decoded !== undefined) return decoded
  } catch (cause) {
    throw new HearthError('SEAL_INVALID', 'the certificate does not decode', { cause })
  }
  throw new HearthError('SEAL_INVALID', 'the certificate does not decode')
}

const certificateDomain = textBytes('hearth-cert-1')
