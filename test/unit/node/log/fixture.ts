import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { ChannelId, MemberId, NodeId } from '../../../../spec/ids.ts'
import { formatUuid } from '../../../../spec/uuid.ts'
import type { LogComponents, NodeKeys } from '../../../../node/log/components.ts'
import type { Draft, Entry, Finding } from '../../../../node/log/log.ts'
import { createMemoryHighWater } from '../../../../node/log/high-water.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'

/** An Ed25519 key pair; the same seed of 32 bytes gives the same. */
export function createKeys(seed: Uint8Array = randomBytes(32)): NodeKeys {
  const secret = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = rawOf(createPublicKey(secret).export({ format: 'der', type: 'spki' }))
  return {
    nodeId: encodeBase32(publicKey) as NodeId,
    publicKey,
    sign: (message) => sign(null, message, secret),
    verify: (key, message, signature) => verify(null, message, publicKeyOf(key), signature),
  }
}

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const rawOf = (der: Buffer): Uint8Array => Uint8Array.from(der.subarray(spkiPrefix.length))
const publicKeyOf = (raw: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })

/** Components of a log in memory; each test replaces what it is about. */
export const components = (changes: Partial<LogComponents> = {}): LogComponents => ({
  store: createMemoryStore(),
  clock: { now: () => Date.now() },
  random: (length) => randomBytes(length),
  hash: sha256,
  keys: createKeys(),
  highWater: createMemoryHighWater(),
  ...changes,
})

export const channelId = (): ChannelId => {
  const bytes = randomBytes(16)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 15)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 63)
  return formatUuid(bytes) as ChannelId
}
export const memberId = (): MemberId => encodeBase32(randomBytes(16)) as MemberId

const member = memberId()
export const draft = (channel: ChannelId, text: string, clientMessageId?: string): Draft => ({
  channel,
  member,
  auth: undefined,
  type: 'msg',
  body: Buffer.from(text),
  ...(clientMessageId === undefined ? {} : { clientMessageId }),
})

export const textOf = ({ body }: Entry): string => Buffer.from(body ?? []).toString()
export const texts = (entries: readonly Entry[]): string[] => entries.map(textOf)
export const kinds = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ kind }) => kind))].sort()
