import { createHash } from 'node:crypto'
import { encodeBase32 } from '../../spec/base32.ts'
import type { NodeId } from '../../spec/ids.ts'

/** A key for people to compare: 100 bits of its SHA-256 in base32, in fours (TRUST-5). */
export const fingerprint = (key: Uint8Array): string =>
  (encodeBase32(createHash('sha256').update(key).digest()).slice(0, 20).match(/.{4}/g) ?? []).join('-')

/** A node for people: its name and the beginning of its id. */
export const nodeLabel = (nodeId: NodeId, name?: string): string =>
  name === undefined || name === '' ? `node ${nodeId.slice(0, 12)}…` : `${name} (${nodeId.slice(0, 12)}…)`
