/**
 * The keys of a node, in `keys/` of its data folder: the cold root that is its identity, and the hot key that seals
 * and speaks for it by the root's certificate (CERT-1). The root may be taken off the machine: everything but a new
 * certificate works without it.
 */
import { mkdir } from 'node:fs/promises'
import { decodeBase32, encodeBase32 } from '../spec/base32.ts'
import { equalBytes } from '../spec/bytes.ts'
import { issueCertificate, readCertificate, type Certificate } from '../spec/certificate.ts'
import type { Verify } from '../spec/crypto.ts'
import { isNodeId } from '../spec/identifiers.ts'
import type { NodeId } from '../spec/ids.ts'
import { createSigningKey, type SigningKey } from './crypto.ts'
import {
  corruptKeys,
  keyFiles,
  parseSeed,
  readCertificates,
  readKeyFile,
  readSeed,
  removeKeyFile,
  writeCertificates,
  writeKeyFile,
} from './key-files.ts'

export interface NodeKeys {
  readonly nodeId: NodeId
  /** Undefined: the root key is kept elsewhere. */
  readonly root: SigningKey | undefined
  readonly hot: SigningKey
  readonly certificate: Uint8Array
  /** Of the hot keys before this one, newest first: what they sealed is to be verified still. */
  readonly earlier: readonly Uint8Array[]
}

export interface KeysComponents {
  readonly clock: { now(): number }
  readonly verify: Verify
}

/**
 * Reads the keys, and makes what is missing as long as the root key is there (a first start that was cut short
 * is finished by the next one). A rotation that was asked for (`key-operations.ts`) is completed. Throws CORRUPT when
 * they do not belong together.
 */
export async function openKeys(folder: string, components: KeysComponents): Promise<NodeKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const knownId = await readKeyFile(folder, keyFiles.nodeId)
  let root = await readSeed(folder, keyFiles.root)
  if (root === undefined && knownId === undefined) {
    root = createSigningKey()
    await writeKeyFile(folder, keyFiles.root, encodeBase32(root.seed))
  }
  const nodeId = knownId ?? encodeBase32(root?.publicKey ?? new Uint8Array())
  if (!isNodeId(nodeId) || (root !== undefined && encodeBase32(root.publicKey) !== nodeId)) {
    throw corruptKeys(folder, 'the root key is not the one of this node')
  }
  if (knownId === undefined) await writeKeyFile(folder, keyFiles.nodeId, nodeId)
  await completeRotation(folder, nodeId, components.verify)
  const hot = (await readSeed(folder, keyFiles.hot)) ?? (await makeHotKey(folder, root))
  const certificate = (await readOwnCertificate(folder)) ?? (await certify(folder, { root, hot, ...components }))
  const { hotPublicKey } = certificateOf(components.verify, nodeId, certificate)
  if (!equalBytes(hotPublicKey, hot.publicKey)) throw corruptKeys(folder, 'the certificate is for another hot key')
  return { nodeId, root, hot, certificate, earlier: await readCertificates(folder, keyFiles.earlier) }
}

/** CERT-2: the certificate, if the root of that node signed it. Throws SEAL_INVALID. */
export const certificateOf = (verify: Verify, nodeId: NodeId, bytes: Uint8Array): Certificate =>
  readCertificate(verify, decodeBase32(nodeId) ?? new Uint8Array(), bytes)

export const readOwnCertificate = async (folder: string): Promise<Uint8Array | undefined> =>
  (await readCertificates(folder, keyFiles.certificate))[0]

async function makeHotKey(folder: string, root: SigningKey | undefined): Promise<SigningKey> {
  if (root === undefined) throw corruptKeys(folder, 'the hot key is missing and the root key is kept elsewhere')
  const hot = createSigningKey()
  await writeKeyFile(folder, keyFiles.hot, encodeBase32(hot.seed))
  return hot
}

async function certify(
  folder: string,
  { root, hot, clock }: { root: SigningKey | undefined; hot: SigningKey; clock: { now(): number } },
): Promise<Uint8Array> {
  if (root === undefined) throw corruptKeys(folder, 'the certificate is missing and the root key is kept elsewhere')
  const certificate = issueCertificate(root.sign, {
    serial: 1,
    hotPublicKey: hot.publicKey,
    notBeforeMs: clock.now(),
  })
  await writeCertificates(folder, keyFiles.certificate, [certificate])
  return certificate
}

/** Each step may be done already: whoever is cut short here does it all again. */
async function completeRotation(folder: string, nodeId: NodeId, verify: Verify): Promise<void> {
  const [seed = '', text = ''] = ((await readKeyFile(folder, keyFiles.next)) ?? '').split('\n')
  if (seed === '') return
  const hot = parseSeed(seed)
  const next = decodeBase32(text)
  if (hot === undefined || next === undefined) throw corruptKeys(folder, 'the key that comes next does not read')
  const { hotPublicKey } = certificateOf(verify, nodeId, next)
  if (!equalBytes(hotPublicKey, hot.publicKey)) throw corruptKeys(folder, 'the certificate is for another hot key')
  const current = await readOwnCertificate(folder)
  const earlier = await readCertificates(folder, keyFiles.earlier)
  const isNews = (one: Uint8Array): boolean => ![next, ...earlier].some((known) => equalBytes(known, one))
  if (current !== undefined && isNews(current)) {
    await writeCertificates(folder, keyFiles.earlier, [current, ...earlier])
  }
  await writeKeyFile(folder, keyFiles.hot, seed)
  await writeCertificates(folder, keyFiles.certificate, [next])
  await removeKeyFile(folder, keyFiles.next)
}
