/** What an operator does with the keys of a node: on its files, whether it runs or not. */
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeBase32, encodeBase32 } from '../spec/base32.ts'
import { issueCertificate } from '../spec/certificate.ts'
import { HearthError } from '../spec/errors.ts'
import { isNodeId } from '../spec/identifiers.ts'
import type { NodeId } from '../spec/ids.ts'
import { createSigningKey, type SigningKey } from './crypto.ts'
import {
  keyFiles,
  parseSeed,
  readCertificates,
  readKeyFile,
  readSeed,
  removeKeyFile,
  syncFolder,
  writeKeyFile,
} from './key-files.ts'
import { certificateOf, readOwnCertificate, type KeysComponents } from './keys.ts'

export interface KeyReport {
  readonly nodeId: NodeId
  /** `here`, or `elsewhere`: rotating needs it. */
  readonly root: 'here' | 'elsewhere'
  /** Base32 of the public hot key. */
  readonly hotKey: string
  readonly serial: number
  /** Unix ms. */
  readonly since: number
  /** How many hot keys were before this one. */
  readonly earlier: number
  /** Serial of the key that the next start takes up. */
  readonly next: number | undefined
  /** It revokes all that were before (CERT-4). */
  readonly nextRevokes: boolean
}

/** Throws NOT_FOUND where no node has been. */
export async function showKeys(folder: string, { verify }: Pick<KeysComponents, 'verify'>): Promise<KeyReport> {
  const nodeId = await readNodeId(folder)
  const certificate = await readOwnCertificate(folder)
  if (certificate === undefined) throw noKeys(folder)
  const { serial, hotPublicKey, notBeforeMs } = certificateOf(verify, nodeId, certificate)
  const [, next] = ((await readKeyFile(folder, keyFiles.next)) ?? '').split('\n')
  const coming = next === undefined ? undefined : certificateOf(verify, nodeId, decodeBase32(next) ?? new Uint8Array())
  return {
    nodeId,
    root: (await readKeyFile(folder, keyFiles.root)) === undefined ? 'elsewhere' : 'here',
    hotKey: encodeBase32(hotPublicKey),
    serial,
    since: notBeforeMs,
    earlier: (await readCertificates(folder, keyFiles.earlier)).length,
    next: coming?.serial,
    nextRevokes: coming?.revokesEarlier === true,
  }
}

/**
 * A new hot key, certified by the root, for the next start (CERT-3); `revokeEarlier`: those before count no more (CERT-4).
 * `rootFile`: where the root is kept when it is not
 * here; it is read and not copied. Throws NOT_ALLOWED without the root.
 */
export async function rotateKeys(
  folder: string,
  { rootFile, revokeEarlier = false }: { readonly rootFile?: string | undefined; readonly revokeEarlier?: boolean },
  { clock, verify }: KeysComponents,
): Promise<{ readonly serial: number }> {
  const nodeId = await readNodeId(folder)
  const root = rootFile === undefined ? await readSeed(folder, keyFiles.root) : await readRootFile(rootFile, nodeId)
  if (root === undefined) {
    throw new HearthError('NOT_ALLOWED', 'the root key is kept elsewhere; bring it and say --root FILE')
  }
  const { serial, next, nextRevokes } = await showKeys(folder, { verify })
  const hot = createSigningKey()
  // A rotation that revokes and was not taken up yet is replaced by one that does the same.
  const revokesEarlier = revokeEarlier || nextRevokes
  const certificate = {
    serial: Math.max(serial, next ?? 0) + 1,
    hotPublicKey: hot.publicKey,
    notBeforeMs: clock.now(),
    revokesEarlier,
  }
  await writeKeyFile(
    folder,
    keyFiles.next,
    `${encodeBase32(hot.seed)}\n${encodeBase32(issueCertificate(root.sign, certificate))}`,
  )
  return { serial: certificate.serial }
}

/** Moves the root key into a new file, to be kept elsewhere. Throws EXISTS, or NOT_FOUND when it is not here. */
export async function exportRoot(folder: string, to: string): Promise<void> {
  const root = await readSeed(folder, keyFiles.root)
  if (root === undefined) throw new HearthError('NOT_FOUND', 'the root key is not here; it was exported before')
  const text = `${encodeBase32(root.seed)}\n`
  await writeNewFile(to, text)
  if ((await readFile(to, 'utf8')) !== text) throw new HearthError('STORE_FAILED', `${to} does not read back`)
  await removeKeyFile(folder, keyFiles.root)
}

/** Puts the root key back. Throws NOT_ALLOWED when it is another node's. */
export async function importRoot(folder: string, from: string): Promise<void> {
  const root = await readRootFile(from, await readNodeId(folder))
  await writeKeyFile(folder, keyFiles.root, encodeBase32(root.seed))
}

async function readNodeId(folder: string): Promise<NodeId> {
  const nodeId = await readKeyFile(folder, keyFiles.nodeId)
  if (!isNodeId(nodeId)) throw noKeys(folder)
  return nodeId
}

async function readRootFile(path: string, nodeId: NodeId): Promise<SigningKey> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HearthError('NOT_FOUND', `${path} cannot be read`, { cause })
  })
  const root = parseSeed(text.trim())
  if (root === undefined) throw new HearthError('BAD_REQUEST', `${path} holds no root key`)
  if (encodeBase32(root.publicKey) === nodeId) return root
  throw new HearthError('NOT_ALLOWED', `${path} holds the root key of another node, ${encodeBase32(root.publicKey)}`)
}

async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await syncFolder(dirname(path))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EEXIST') throw new HearthError('EXISTS', `${path} is there already; name a new file`, { cause })
    throw new HearthError('STORE_FAILED', `${path} cannot be written (${String(code)})`, { cause })
  }
}

const noKeys = (folder: string): HearthError =>
  new HearthError('NOT_FOUND', `there are no keys in ${folder}; start the node once, or name its folder with --data`)
