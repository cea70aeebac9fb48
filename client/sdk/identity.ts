import { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { deviceEnroll } from '../../spec/calls/device.enroll.ts'
import { deviceKeys } from '../../spec/calls/device.keys.ts'
import { deviceVouch } from '../../spec/calls/device.vouch.ts'
import { sessionShow } from '../../spec/calls/session.show.ts'
import { HearthError } from '../../spec/errors.ts'
import { isNodeId } from '../../spec/identifiers.ts'
import type { ChannelId, NodeId, UserName } from '../../spec/ids.ts'
import { createAuthors, type Authors } from './authors.ts'
import type { SdkComponents } from './components.ts'
import { createPinnedKeys } from './pinned-keys.ts'
import { createSigning, type Signing } from './signing.ts'
import type { KeptKey } from './store/kept.ts'
import type { OfflineStore } from './store/offline-store.ts'

export interface IdentityInit {
  readonly user: string
  readonly device: string
  readonly store: OfflineStore | undefined
  readonly key: KeptKey | undefined
  readonly call: <I extends z.ZodType, O extends z.ZodType>(
    spec: CallSpec<I, O>,
    input: z.input<I>,
  ) => Promise<z.output<O>>
  readonly onVerdict: (channel: ChannelId) => void
  /** The store has failed. */
  readonly onFault: (error: HearthError) => void
}

/** Who this client is, what it signs with, and whom it believes. */
export interface Identity {
  readonly signing: Signing
  readonly authors: Authors
  readonly address: string | undefined
  /** Until the node has told the own address, everybody of that name. */
  isOwn(address: string): boolean
  /** What the node says of this session. */
  readonly learn: (self: z.output<typeof sessionShow.output> | undefined) => void
  enroll(): Promise<string>
  vouch(key: string): Promise<void>
}

const selfRecord = z.object({
  address: z.string(),
  node: z.custom<NodeId>((id) => typeof id === 'string' && isNodeId(id)),
})

/** Reads what the store keeps of both. */
export const openIdentity = async (
  components: Pick<SdkComponents, 'randomBytes' | 'verify' | 'now' | 'delay'>,
  { user, device, store, key, call, onVerdict, onFault }: IdentityInit,
): Promise<Identity> => {
  const notes = (await store?.notes('')) ?? []
  let self = selfRecord.safeParse(notes.find(([name]) => name === 'self')?.[1]).data

  const note = (name: string, value: unknown): void => {
    store?.note(name, value).catch((error: unknown) => {
      if (!(error instanceof HearthError)) throw error
      onFault(error)
    })
  }
  const signing = createSigning(components, { user, device, kept: key })
  const pinned = createPinnedKeys(components, {
    kept: notes
      .filter(([name]) => name.startsWith(personPrefix))
      .map(([name, value]) => [name.slice(personPrefix.length), value] as const),
    keep: (person, record) => note(`${personPrefix}${person}`, record),
  })
  const authors = createAuthors({
    verify: (publicKey, message, signature) => components.verify(publicKey, message, signature),
    now: () => components.now(),
    delay: (ms, signal) => components.delay(ms, signal),
    pinned,
    ask: async (channel, members, fresh) => (await call(deviceKeys, { channel, members: [...members], fresh })).people,
    onVerdict,
  })
  /** What this person's own device says of their keys needs no witness. */
  const acceptOwn = (own: string): void => {
    if (self !== undefined) pinned.accept(self.address, { node: self.node, user: user as UserName }, own)
  }

  const learn: Identity['learn'] = (told) => {
    if (told === undefined || (told.address === self?.address && told.node === self.node)) return
    self = { address: told.address, node: told.node }
    note('self', self)
  }

  return {
    signing,
    authors,
    get address() {
      return self?.address
    },
    isOwn: (address) => (self === undefined ? address.split('@')[0] === user : address === self.address),
    learn,
    enroll: async () => {
      const told = await call(sessionShow, {})
      learn(told)
      const made = signing.make(told.node)
      await call(deviceEnroll, { key: made.key })
      signing.use(made.kept)
      acceptOwn(made.key)
      await store?.saveKey(made.kept)
      return made.key
    },
    vouch: async (other) => {
      await call(deviceVouch, { key: other, value: signing.vouch(other) })
      acceptOwn(other)
    },
  }
}

const personPrefix = 'person/'
