/**
 * A node that lies. It is a member like any other, with keys and certificate of its own, and says on the wire whatever it
 * likes: two histories of one feed, other people's words, old pushes again, frames of noise, requests for what is not its.
 */
import type { Peer } from '../../federation/components.ts'
import { sha256 } from '../../node/crypto.ts'
import { createLog } from '../../node/log/create-log.ts'
import { createMemoryHighWater } from '../../node/log/high-water.ts'
import type { FeedSlice, Log } from '../../node/log/log.ts'
import { createMemoryStore } from '../../node/store/memory-store.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { writeAct } from '../../spec/governance/acts.ts'
import type { ChannelId, EventId, FeedId, MemberId } from '../../spec/ids.ts'
import { decodeEvent, type EventHeader } from '../../spec/event.ts'
import { decodeMessage, encodeMessage } from '../../spec/message.ts'
import { decodeFrame } from '../../spec/sync/decode.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import type { Piece, SyncFrame } from '../../spec/sync/frames.ts'
import type { Station } from './network.ts'
import { isOut, within, type Run } from './run.ts'
import { createKeys, verify, type Site } from './site.ts'

export interface Malice {
  join(): Promise<void>
  leave(): void
  findings(up: readonly Site[]): Promise<string[]>
}

export const createMalice = (run: Run): Malice => {
  const { world, network, sites, server, general, back } = run
  const keys = createKeys(world)
  const member = encodeBase32(world.bytes(16)) as MemberId
  run.strangers.add(keys.nodeId)
  const timers = {
    soon: (work: () => void) => void world.after(0, work),
    after: (ms: number, work: () => void) => world.after(ms, work),
  }
  /** What honest nodes sent it: to be sent again, and to be looked at. */
  const heard: Piece[] = []
  const forked = new Set<FeedId>()
  const secrets: string[] = []
  let auth: EventId | undefined
  let governance: ChannelId | undefined
  let isOver = false
  let station: Station | undefined

  /** A log whose clock and epoch are what the liar wants. */
  const openLog = (epoch: Uint8Array, aheadMs: number, salts?: Uint8Array): Promise<Log> =>
    createLog({
      store: createMemoryStore(),
      hash: sha256,
      highWater: createMemoryHighWater(),
      timers,
      clock: { now: () => Math.floor(world.nowMs + aheadMs) },
      random: (length) => (length === 8 ? epoch : (salts ?? world.bytes(length))),
      keys: { nodeId: keys.nodeId, publicKey: keys.hot.publicKey, sign: keys.hot.sign, verify },
    })

  const speak = async (log: Log, text: string, as: Pick<EventHeader, 'member' | 'auth'> = { member, auth }) => {
    const body = encodeMessage({ clientMessageId: undefined, text, replyTo: undefined, thread: undefined })
    await log.append({ channel: general, member: as.member, auth: as.auth, type: 'msg', body })
  }

  /** Under another name in each history. */
  const govern = async (log: Log, name: string): Promise<void> => {
    const act = { type: 'member.profile', member, address: `${name.replace(' ', '-')}@evil.example` } as const
    if (governance === undefined) return
    await log.append({ channel: governance, member, auth, type: act.type, body: writeAct(act) })
  }

  const pieceOf = async (log: Log): Promise<Piece | undefined> => {
    await log.seal()
    const [feed] = log.feeds()
    const slice: FeedSlice | undefined = feed && (await log.slice(feed.feed, 1, 100))
    return slice && { ...slice, redactedBy: new Map(), certificates: [keys.certificate] }
  }

  const send = (peer: Peer, ...frames: SyncFrame[]): void => {
    const bytes = frames.map((frame) => encodeFrame(frame))
    void peer.ctl.write(bytes).catch(() => undefined)
  }

  const push = (peer: Peer, piece: Piece | undefined): void => {
    if (piece !== undefined) send(peer, { type: 'push', piece })
  }

  /** The same place in one feed, two texts: one history for this peer, the other for everybody else. */
  const equivocate = async (peer: Peer): Promise<void> => {
    const epoch = world.bytes(8)
    const salts = world.bytes(16 * 256)
    const two = [await openLog(epoch, 0, salts), await openLog(epoch, 0, salts)]
    const common = 1 + world.pick(3)
    const say = governance !== undefined && world.chance(0.3) ? govern : speak
    for (let i = 0; i < common; i++) await Promise.all(two.map((log) => say(log, `common ${i}`)))
    for (const [index, log] of two.entries()) {
      for (let i = 0; i < 1 + world.pick(3); i++) await say(log, `branch ${index}`)
    }
    const [one, other] = await Promise.all(two.map(pieceOf))
    const [feed] = (two[0] as Log).feeds()
    if (feed !== undefined) forked.add(feed.feed)
    world.saw(say === govern ? 'an equivocation about governance' : 'an equivocation')
    push(peer, one)
    for (const at of peers) if (at !== peer && world.chance(0.8)) push(at, other)
  }

  const backdate = async (peer: Peer, aheadMs: number): Promise<void> => {
    const log = await openLog(world.bytes(8), aheadMs)
    await speak(log, aheadMs > 0 ? 'from the future' : 'from long ago')
    push(peer, await pieceOf(log))
  }

  /** Somebody else's feed, author and grant, sealed by its own key. */
  const forge = async (peer: Peer): Promise<void> => {
    const heardOf = heard.filter(({ origin }) => origin.channel === general && origin.node !== keys.nodeId)
    if (heardOf.length === 0) return
    const { origin, events } = world.oneOf(heardOf)
    const victim = { nodeId: origin.node }
    const { header } = decodeEvent(world.oneOf(events))
    const log = await createLog({
      store: createMemoryStore(),
      hash: sha256,
      highWater: createMemoryHighWater(),
      timers,
      clock: { now: () => Math.floor(world.nowMs) },
      random: (length) => world.bytes(length),
      keys: { nodeId: victim.nodeId, publicKey: keys.hot.publicKey, sign: keys.hot.sign, verify },
    })
    await speak(log, forgery, header)
    world.saw('a forgery')
    push(peer, await pieceOf(log))
  }

  /** A node that nobody let in. */
  const invade = async (peer: Peer): Promise<void> => {
    const nobody = createKeys(world)
    const log = await createLog({
      store: createMemoryStore(),
      hash: sha256,
      highWater: createMemoryHighWater(),
      timers,
      clock: { now: () => Math.floor(world.nowMs) },
      random: (length) => world.bytes(length),
      keys: { nodeId: nobody.nodeId, publicKey: nobody.hot.publicKey, sign: nobody.hot.sign, verify },
    })
    await speak(log, 'from nowhere')
    const piece = await pieceOf(log)
    push(peer, piece && { ...piece, certificates: [nobody.certificate] })
  }

  const tamper = (peer: Peer): void => {
    if (heard.length === 0) return
    const piece = world.oneOf(heard)
    const events = piece.events.map((raw) => Uint8Array.from(raw))
    const victim = world.oneOf(events)
    victim[world.pick(victim.length)] = world.pick(256)
    push(peer, { ...piece, events })
  }

  const strip = (peer: Peer): void => {
    const piece = heard.find(({ events }) => events.length > 1)
    if (piece !== undefined) push(peer, { ...piece, from: piece.from + 1, events: piece.events.slice(1) })
  }

  const noise = (peer: Peer): void => {
    world.saw('a frame of noise')
    void peer.ctl.write([world.bytes(1 + world.pick(200))]).catch(() => undefined)
  }

  const amplify = (peer: Peer): void => {
    for (let i = 0; i < 40; i++) {
      send(peer, { type: 'summary', digest: world.bytes(32) }, { type: 'channels', server, channels: [] })
      send(peer, { type: 'vector', channel: general, ask: true, more: false, feeds: [] })
    }
  }

  const pry = async (peer: Peer): Promise<void> => {
    send(peer, { type: 'vector', channel: back, ask: true, more: false, feeds: [] })
    const stream = await peer.connection.open('range')
    const feeds = sites.filter(({ isUp }) => isUp).flatMap((site) => site.process.log.feeds(back))
    for (const { feed, head } of feeds.slice(0, 3)) {
      await stream.write([
        encodeFrame({ type: 'want', id: world.pick(1_000_000), feed, from: 1, to: head, down: false }),
      ])
    }
    for (;;) {
      const frames = await stream.read()
      if (frames === undefined) return
      frames.forEach(look)
    }
  }

  const look = (bytes: Uint8Array): void => {
    const frame = decodeFrame(bytes)
    if (frame.type === 'push' || frame.type === 'range') {
      heard.push({ ...frame.piece, certificates: [] })
      if (frame.piece.origin.channel === back) secrets.push(`an event of ${frame.piece.origin.node}`)
    }
    if ((frame.type === 'vector' || frame.type === 'have') && frame.channel === back && frame.feeds.length > 0) {
      secrets.push('a vector of the private channel')
    }
    if (frame.type === 'channels' && frame.channels.some(({ channel }) => channel === back)) {
      secrets.push('a digest of the private channel')
    }
  }

  const peers = new Set<Peer>()
  const greet = (peer: Peer): void => {
    peers.add(peer)
    void peer.closed.then(() => peers.delete(peer))
    const read = async (): Promise<void> => {
      for (;;) {
        const frames = await peer.ctl.read()
        if (frames === undefined) return
        frames.forEach(look)
      }
    }
    read().catch(() => undefined)
  }

  const tricks: readonly ((peer: Peer) => Promise<void> | void)[] = [
    equivocate,
    equivocate,
    (peer) => backdate(peer, -world.nowMs + 1_000),
    (peer) => backdate(peer, 86_400_000),
    forge,
    invade,
    tamper,
    tamper,
    strip,
    noise,
    amplify,
    pry,
    (peer) => heard.slice(-10).forEach((piece) => push(peer, piece)),
  ]

  const step = (): void => {
    if (isOver) return
    const all = [...peers]
    if (all.length > 0) {
      const work = world.oneOf(tricks)(world.oneOf(all))
      if (work !== undefined) work.catch(() => undefined)
    }
    world.after(world.random() * 1_000, step)
  }

  return {
    async join() {
      const [home] = sites as [Site]
      const by = { invitedBy: { kind: 'user', user: home.user } as const }
      const who = { node: keys.nodeId, member, address: 'eve@evil.example' }
      auth = (await within(world, home.process.servers.admitRemote(who, server, by), 5_000, 'admitting a liar')).grant
      governance = home.process.servers.server(server)?.governance
      station = network.join(keys.nodeId, timers)
      station.onPeer(greet)
      world.after(500, step)
    },
    leave() {
      isOver = true
      station?.leave()
    },
    async findings(up) {
      const found = secrets.map((secret) => `the liar got ${secret}`)
      for (const feed of forked) {
        const readers = up.filter(
          (site) => up[0]?.process.directory.mayServe(site.keys.nodeId, general) === true && !isOut(site),
        )
        const held = readers.filter((site) => site.process.log.feeds().some((one) => one.feed === feed))
        const proven = readers.filter((site) => site.process.sync.equivocations().some((one) => one.feed === feed))
        const heads = new Set(
          held.map((site) =>
            Buffer.from(site.process.log.feeds().find((one) => one.feed === feed)?.headHash ?? []).toString('hex'),
          ),
        )
        if (proven.length > 0) world.saw('a proven equivocation')
        if (heads.size > 1 && proven.length < held.length) found.push(`feed ${feed} forks, and not everybody knows`)
      }
      for (const site of up) {
        const page = await site.process.log.page(general, {}, 1_000)
        const isForged = page.some(
          ({ node, type, body }) =>
            node !== keys.nodeId && type === 'msg' && body !== undefined && decodeMessage(body).text === forgery,
        )
        if (isForged) found.push(`${site.name} has words that were put into a mouth`)
      }
      return found
    },
  }
}

const forgery = 'I never said this'
