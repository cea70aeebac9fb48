/** The files in `keys/` of a data folder: texts of one line, base32, written whole or not at all. */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeBase32, encodeBase32 } from '../spec/base32.ts'
import { HearthError } from '../spec/errors.ts'
import { createSigningKey, type SigningKey } from './crypto.ts'

export const keyFiles = {
  root: 'root.key',
  nodeId: 'node-id',
  hot: 'hot.key',
  certificate: 'certificate',
  /** Certificates that were replaced, newest first, one a line. */
  earlier: 'earlier-certificates',
  /** Seed and certificate of a rotation that the next start completes. */
  next: 'next',
} as const

export async function readKeyFile(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, name), 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** On disk when it returns. */
export async function writeKeyFile(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name)
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(`${text}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(folder)
}

export async function removeKeyFile(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true })
  await syncFolder(folder)
}

export async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

export const parseSeed = (text: string): SigningKey | undefined => {
  const seed = decodeBase32(text)
  return seed?.length === 32 ? createSigningKey(seed) : undefined
}

export async function readSeed(folder: string, name: string): Promise<SigningKey | undefined> {
  const text = await readKeyFile(folder, name)
  if (text === undefined) return undefined
  const key = parseSeed(text)
  if (key === undefined) throw corruptKeys(folder, `${name} does not read`)
  return key
}

export async function readCertificates(folder: string, name: string): Promise<Uint8Array[]> {
  const text = (await readKeyFile(folder, name)) ?? ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const bytes = decodeBase32(line)
      if (bytes === undefined) throw corruptKeys(folder, `${name} does not read`)
      return bytes
    })
}

export const writeCertificates = (folder: string, name: string, certificates: readonly Uint8Array[]): Promise<void> =>
  writeKeyFile(folder, name, certificates.map(encodeBase32).join('\n'))

export const corruptKeys = (folder: string, what: string): HearthError =>
  new HearthError('CORRUPT', `${what}; restore ${folder} from a backup`)
