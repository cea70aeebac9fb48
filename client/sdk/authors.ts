import { partsOf, wordsSigned, type AuthorDeviceKey, type Signer, type Words } from '../../spec/author.ts'
import type { ChannelId, EventId, MemberId, NodeId, UserName } from '../../spec/ids.ts'
import type { EventJson } from '../../spec/message.ts'
import type { SdkComponents } from './components.ts'
import type { PinnedKeys } from './pinned-keys.ts'

/**
 * What a message's signature is worth (SIGN-7). `verified`: its author's own device said it. `new`: a device that no known
 * one vouches for. `unknown`: nobody says whose key it is. `forged`: the author has not said this here.
 */
export type Verdict = 'verified' | 'new' | 'unknown' | 'forged' | 'unsigned'

/** What a node tells of one member (SIGN-5). */
export interface ToldPerson {
  readonly member: MemberId
  readonly address: string
  readonly node: NodeId
  readonly keys?: readonly AuthorDeviceKey[] | undefined
}

export interface AuthorsComponents extends Pick<SdkComponents, 'verify' | 'now' | 'delay'> {
  readonly pinned: PinnedKeys
  /** Rejects when the node cannot be asked now: then nobody is told of. */
  readonly ask: (channel: ChannelId, members: readonly MemberId[], fresh: boolean) => Promise<readonly ToldPerson[]>
  /** Verdicts of a channel have changed. */
  readonly onVerdict: (channel: ChannelId) => void
}

export interface Authors {
  /** Undefined: not looked into yet, or nothing that is said. */
  verdict(event: EventJson): Verdict | undefined
  /** Looks into them, one after the other. */
  look(events: readonly EventJson[]): void
  /** Whoever was unknown or new is asked for again. */
  retry(): void
  close(): void
  /** SIGN-8: from now on that key is the author's; whatever is shown is to be looked into again. False: nobody knows the author. */
  accept(address: string, key: string): boolean
}

interface Looked {
  readonly value: string
  readonly body: unknown
  readonly verdict: Verdict
}

const lookedMax = 20_000
const toldMax = 5_000
/** Between two questions about one member. */
const againMs = 1_000
/** From one look to the next for a key that nobody has told of. */
const lookAgainMs = [1_500, 6_000, 30_000]
const membersPerCallMax = 100
const unsureMax = 500
/** Of more than can be looked into the oldest stay as they are, without a verdict. */
const queueMax = 5_000

export const createAuthors = ({ verify, now, delay, pinned, ask, onVerdict }: AuthorsComponents): Authors => {
  const closing = new AbortController()
  const looked = new Map<EventId, Looked>()
  const told = new Map<string, ToldPerson>()
  /** When somebody's node was last to be asked again. */
  const askedAgain = new Map<string, number>()
  /** Whose signature it is first: the same one does not count twice. */
  const firstOf = new Map<string, EventId>()
  const queue = new Map<EventId, EventJson>()
  /** Looked into again, a few times: a key may be told of, or vouched for, a little later than what it signed. */
  const unsure = new Map<EventId, { readonly event: EventJson; readonly tries: number }>()
  let working = false
  let waiting = false

  const keep = (event: EventJson, verdict: Verdict): void => {
    bounded(looked, event.id, { value: event.signature?.value ?? '', body: event.body, verdict }, lookedMax)
  }

  /** Asks about those that are not told of, or, where one's key is not kept, once more: somebody may vouch for it now. */
  const askAbout = async (events: readonly EventJson[]): Promise<void> => {
    const groups = new Map<string, { channel: ChannelId; fresh: boolean; members: Set<MemberId> }>()
    for (const { channel, author, signature } of events) {
      const known = told.get(author.address)
      const kept = known && pinned.of(signerOf(known))
      if (kept?.keys.some(({ key }) => key === signature?.key) === true) continue
      const fresh = known !== undefined
      if (fresh && now() - (askedAgain.get(author.address) ?? -againMs) < againMs) continue
      if (fresh) bounded(askedAgain, author.address, now(), toldMax)
      const group = groups.get(`${channel} ${fresh}`) ?? { channel, fresh, members: new Set() }
      groups.set(`${channel} ${fresh}`, group)
      group.members.add(author.member)
    }
    for (const { channel, fresh, members } of groups.values()) {
      for (let at = 0; at < members.size; at += membersPerCallMax) {
        const people = await ask(channel, [...members].slice(at, at + membersPerCallMax), fresh)
        for (const person of people) await learn(person)
      }
    }
  }

  const learn = async (person: ToldPerson): Promise<void> => {
    bounded(told, person.address, person, toldMax)
    if (person.keys !== undefined) await pinned.learn(person.address, signerOf(person), person.keys)
  }

  const judge = async (event: EventJson): Promise<Verdict> => {
    const words = wordsOf(event)
    const { signature, author } = event
    if (signature === undefined) return 'unsigned'
    const parts = partsOf(signature)
    if (words === undefined || parts === undefined) return 'forged'
    const known = told.get(author.address)
    const before = pinned.at(author.address)
    const isOther = before !== undefined && known !== undefined && before.node !== known.node
    const kept = isOther ? undefined : ((known && pinned.of(signerOf(known))) ?? before)
    const node = known?.node ?? kept?.node
    if (node === undefined) return 'unknown'
    const signer = signerOf({ address: author.address, node })
    if (!(await verify(parts.key, wordsSigned(signer, words), parts.value))) return 'forged'
    if (isRepeated(event)) return 'forged'
    const key = kept?.keys.find((one) => one.key === signature.key)
    const listed = known?.keys?.find((one) => one.key === signature.key)
    const until = key?.until ?? listed?.until
    if (until !== undefined && (event.edited ?? event.time) > until) return 'forged'
    return key !== undefined ? 'verified' : listed !== undefined ? 'new' : 'unknown'
  }

  /** Of two events with one signature the lower id has it. */
  const isRepeated = ({ id, signature }: EventJson): boolean => {
    const value = signature?.value ?? ''
    const first = firstOf.get(value)
    if (first !== undefined && first < id) return true
    if (first !== undefined && first > id) {
      const later = looked.get(first)
      if (later !== undefined) looked.set(first, { ...later, verdict: 'forged' })
    }
    bounded(firstOf, value, id, lookedMax)
    return false
  }

  const work = async (): Promise<void> => {
    while (queue.size > 0) {
      const events = [...queue.values()]
      queue.clear()
      // offline: those who are pinned can be judged all the same
      await askAbout(events)
        .then(() => askAbout(events))
        .catch(() => undefined)
      const channels = new Set<ChannelId>()
      for (const event of events) {
        const verdict = await judge(event)
        if (isNews(event) || looked.get(event.id)?.verdict !== verdict) channels.add(event.channel)
        keep(event, verdict)
        if (verdict === 'unknown' || verdict === 'new') {
          bounded(unsure, event.id, { event, tries: (unsure.get(event.id)?.tries ?? 0) + 1 }, unsureMax)
        } else unsure.delete(event.id)
      }
      for (const channel of channels) onVerdict(channel)
    }
  }

  const look = (events: readonly EventJson[]): void => {
    for (const event of events) {
      if (event.signature !== undefined && isNews(event)) bounded(queue, event.id, event, queueMax)
    }
    if (working || queue.size === 0) return
    working = true
    void work().finally(() => {
      working = false
      void lookAgain()
    })
  }
  const lookAgain = async (): Promise<void> => {
    const tries = Math.min(...[...unsure.values()].map((one) => one.tries))
    const ms = lookAgainMs[tries - 1]
    if (waiting || ms === undefined) return
    waiting = true
    await delay(ms, closing.signal)
    waiting = false
    if (closing.signal.aborted) return
    const events = [...unsure.values()].flatMap((one) => (one.tries <= lookAgainMs.length ? [one.event] : []))
    for (const { id } of events) looked.delete(id)
    look(events)
  }
  const isNews = (event: EventJson): boolean => {
    const before = looked.get(event.id)
    return before === undefined || before.value !== event.signature?.value || before.body !== event.body
  }

  return {
    verdict: (event) => {
      if (event.type !== 'msg' || event.deleted === true) return undefined
      if (event.signature === undefined) return 'unsigned'
      return isNews(event) ? undefined : looked.get(event.id)?.verdict
    },
    look,
    retry: () => {
      const events = [...unsure.values()].map(({ event }) => event)
      unsure.clear()
      for (const { id } of events) looked.delete(id)
      look(events)
    },
    close: () => closing.abort(),
    accept: (address, key) => {
      const node = told.get(address)?.node ?? pinned.at(address)?.node
      if (node === undefined) return false
      pinned.accept(address, signerOf({ address, node }), key)
      looked.clear()
      return true
    },
  }
}

const signerOf = ({ address, node }: Pick<ToldPerson, 'address' | 'node'>): Signer => ({
  node,
  user: (address.split('@')[0] ?? '') as UserName,
})

/** SIGN-1: undefined for what nobody can have signed. */
const wordsOf = (event: EventJson): Words | undefined => {
  const { id, channel, clientId, body, replyTo, thread, edited, forwarded } = event
  if (typeof body !== 'string' || forwarded !== undefined) return undefined
  if (edited !== undefined) return { kind: 'edit', channel, target: id, text: body }
  if (clientId === undefined) return undefined
  return { kind: 'message', channel, clientMessageId: clientId, text: body, replyTo, thread }
}

const bounded = <K, V>(map: Map<K, V>, key: K, value: V, max: number): void => {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= max) break
    map.delete(oldest)
  }
}
