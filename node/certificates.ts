/**
 * The certificates of other nodes, all of them for ever: what a hot key sealed is verified long after it was replaced
 * (CERT-3). Only what the root of a node signed gets in.
 */
import { z } from 'zod'
import { decodeBase32, encodeBase32 } from '../spec/base32.ts'
import type { HotKey, HotKeys } from '../federation/sync/components.ts'
import type { Verify } from '../spec/crypto.ts'
import { HearthError } from '../spec/errors.ts'
import type { NodeId } from '../spec/ids.ts'
import { limits } from '../spec/limits.ts'
import { certificateOf, type NodeKeys } from './keys.ts'
import { createRecords } from './store/records.ts'
import type { Store } from './store/store.ts'

export interface Certificates extends HotKeys {
  /** 32 bytes each, newest first. */
  publicKeysOf(node: NodeId): readonly Uint8Array[]
  /** Resolves when what was learnt is on disk; rejects with what the store throws, and then it is written with the next. */
  settled(): Promise<void>
}

interface Known extends HotKey {
  readonly serial: number
  readonly revokesEarlier: boolean
}

export async function openCertificates(
  { store, verify }: { readonly store: Store; readonly verify: Verify },
  own: Pick<NodeKeys, 'nodeId' | 'certificate' | 'earlier'>,
): Promise<Certificates> {
  const table = await createRecords(store, 'certificates', z.array(z.string()))
  const read = (node: NodeId, certificate: Uint8Array): Known => {
    const { serial, hotPublicKey, notBeforeMs, revokesEarlier } = certificateOf(verify, node, certificate)
    return { certificate, serial, publicKey: hotPublicKey, notBeforeMs, revokesEarlier }
  }
  const known = new Map<NodeId, readonly Known[]>()
  for (const [node, texts] of table.all()) {
    const certificates = texts.map((text) => read(node as NodeId, decodeBase32(text) ?? new Uint8Array()))
    known.set(node as NodeId, certificates)
  }
  known.set(
    own.nodeId,
    [own.certificate, ...own.earlier].map((bytes) => read(own.nodeId, bytes)),
  )
  const unwritten = new Set<NodeId>()
  let writing: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    const nodes = [...unwritten]
    const rows = nodes.map((node): [string, string[]] => [
      node,
      (known.get(node) ?? []).map(({ certificate }) => encodeBase32(certificate)),
    ])
    await table.putAll(rows)
    for (const node of nodes) unwritten.delete(node)
  }

  return {
    of: (node) => known.get(node)?.slice(0, countOf(known.get(node))) ?? [],
    revokedOf: (node) => known.get(node)?.slice(countOf(known.get(node))) ?? [],
    publicKeysOf: (node) => (known.get(node) ?? []).map(({ publicKey }) => publicKey),
    learn(node, certificate) {
      const before = known.get(node) ?? []
      if (before.some((one) => Buffer.compare(one.certificate, certificate) === 0)) return true
      const added = readable(() => read(node, Uint8Array.from(certificate)))
      const isSecond = before.some(({ serial }) => serial === added?.serial)
      if (added === undefined || isSecond || node === own.nodeId) return false
      if (before.length >= limits.certificatesPerNodeMax) return false
      known.set(
        node,
        [...before, added].sort((a, b) => b.serial - a.serial),
      )
      unwritten.add(node)
      writing = writing.then(write, write)
      // Whoever waits hears of it; until then it is tried again with the next.
      writing.catch(() => undefined)
      return true
    },
    settled: () => writing,
  }
}

/** CERT-4: how many count, of those with the highest serial first. */
const countOf = (certificates: readonly Known[] = []): number => {
  const last = certificates.findIndex(({ revokesEarlier }) => revokesEarlier)
  return last < 0 ? certificates.length : last + 1
}

const readable = (read: () => Known): Known | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}
