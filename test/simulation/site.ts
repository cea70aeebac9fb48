/** One node of the simulation: the real log, governance and sync on a virtual disk, clock and network. It can crash. */
import { createSync } from '../../federation/sync/create-sync.ts'
import type { HotKey, HotKeys, Sync, SyncComponents } from '../../federation/sync/components.ts'
import type { Directory, Timers } from '../../federation/components.ts'
import { createSigningKey, createVerify, sha256, type SigningKey } from '../../node/crypto.ts'
import { createNodeDirectory } from '../../node/federation/directory.ts'
import { sealPromptly } from '../../node/federation/prompt-seals.ts'
import { createIngestRemote } from '../../node/federation/ingest-remote.ts'
import type { LogComponents } from '../../node/log/components.ts'
import { createLog } from '../../node/log/create-log.ts'
import type { Entry, Log } from '../../node/log/log.ts'
import { createServers } from '../../node/servers/create-servers.ts'
import type { Servers } from '../../node/servers/servers.ts'
import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import { issueCertificate, readCertificate } from '../../spec/certificate.ts'
import type { Verify } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, FeedId, NodeId, UserName } from '../../spec/ids.ts'
import { encodeMessage } from '../../spec/message.ts'
import { createDisk, type Disk } from './disk.ts'
import type { SimNetwork, Station } from './network.ts'
import type { World } from './world.ts'

/** A planted bug: each wraps one component on its way into the wiring. */
export interface Bug {
  readonly name: string
  /** Sites that have it; all of them unless said. */
  readonly at?: (index: number) => boolean
  store?(store: LogComponents['store'], site: Site): LogComponents['store']
  logParts?(parts: LogComponents, site: Site): LogComponents
  /** What is used by governance, clients and sync. */
  log?(log: Log, site: Site): Log
  /** What only sync gets. */
  syncLog?(log: SyncComponents['log'], site: Site): SyncComponents['log']
  sync?(parts: SyncComponents, site: Site): SyncComponents
  servers?(servers: Servers, site: Site): Servers
  message?(text: string): string | undefined
}

export interface Keys {
  readonly nodeId: NodeId
  readonly root: SigningKey
  readonly hot: SigningKey
  readonly certificate: Uint8Array
}

export interface Site {
  readonly index: number
  readonly name: string
  readonly user: UserName
  readonly keys: Keys
  readonly isUp: boolean
  disk: Disk
  /** Its clock minus the true one. */
  skewMs: number
  /** Of the running process. */
  readonly process: Process
  boot(): Promise<void>
  crash(): void
}

export interface Process {
  readonly log: Log
  readonly servers: Servers
  readonly directory: Directory
  readonly sync: Sync
  readonly station: Station
  /** Says something as the site's user; undefined: not allowed. */
  say(channel: ChannelId, text: string, clientMessageId?: string): Promise<Entry> | undefined
  /** As `say`: erases a message. */
  redact(target: Entry): Promise<Entry> | undefined
}

export interface SiteParts {
  readonly world: World
  readonly network: SimNetwork
  readonly bug: Bug | undefined
  /** Everybody's hot keys, for `verify` of the log. */
  readonly publicKeysOf: (node: NodeId) => readonly Uint8Array[]
  readonly summaryMs: number
  readonly meshMax?: number
  /** As a node does that federates; undefined: by the log's own flush alone. */
  readonly sealsPromptly?: boolean
  readonly logger?: SyncComponents['logger']
  replicated(site: Site, feed: FeedId, seq: number, by: NodeId): void
}

export const createKeys = (world: World): Keys => {
  const root = createSigningKey(world.bytes(32))
  const hot = createSigningKey(world.bytes(32))
  const certificate = issueCertificate(root.sign, {
    serial: 1,
    hotPublicKey: hot.publicKey,
    notBeforeMs: Math.floor(world.nowMs) - 1_000_000,
  })
  return { nodeId: encodeBase32(root.publicKey) as NodeId, root, hot, certificate }
}

/** What one site has verified, the others need not compute again: the answer is the same, and it is most of the work. */
const createSharedVerify = (): Verify => {
  const real = createVerify()
  const known = new Map<string, boolean>()
  return (publicKey, message, signature) => {
    const name = Buffer.concat([publicKey, signature, message]).toString('latin1')
    const before = known.get(name)
    if (before !== undefined) return before
    if (known.size >= 10_000) known.clear()
    const answer = real(publicKey, message, signature)
    known.set(name, answer)
    return answer
  }
}

export const verify: Verify = createSharedVerify()

export const createSite = (parts: SiteParts, index: number): Site => {
  const { world, network } = parts
  const keys = createKeys(world)
  const bug = parts.bug?.at?.(index) === false ? undefined : parts.bug
  let running: { readonly process: Process; readonly end: () => void } | undefined
  let generation = 0

  const site: Site = {
    index,
    name: `n${index}`,
    user: `u${index}` as UserName,
    keys,
    disk: createDisk(world),
    skewMs: 0,
    get isUp() {
      return running !== undefined
    },
    get process() {
      if (running === undefined) throw new Error(`${site.name} is down`)
      return running.process
    },
    async boot() {
      const mine = ++generation
      const { timers, stop } = createTimers(world)
      const store = site.disk.open()
      ending = () => {
        stop()
        store.crash()
      }
      const opened = await start(site, { ...parts, bug }, timers, store)
      if (mine !== generation) return
      running = {
        process: opened,
        end: () => {
          opened.station.leave()
          ending()
        },
      }
    },
    crash() {
      generation++
      const { end } = running ?? { end: ending }
      running = undefined
      end()
    },
  }
  let ending = (): void => undefined
  return site

  async function start(
    of: Site,
    { bug: planted }: SiteParts,
    timers: Timers,
    store: LogComponents['store'],
  ): Promise<Process> {
    const clock = { now: () => Math.floor(world.nowMs + of.skewMs) }
    const certificates = createHotKeys(keys, of.disk.certificates)
    const logParts: LogComponents = {
      store: planted?.store?.(store, of) ?? store,
      clock,
      random: (length) => world.bytes(length),
      hash: sha256,
      highWater: of.disk.highWater,
      timers,
      keys: {
        nodeId: keys.nodeId,
        publicKey: keys.hot.publicKey,
        sign: keys.hot.sign,
        verify,
        publicKeysOf: parts.publicKeysOf,
      },
    }
    const real = await createLog(planted?.logParts?.(logParts, of) ?? logParts, {
      checkpointMs: 200 + world.random() * 2_000,
    })
    const log = planted?.log?.(real, of) ?? real
    const inner = createServers(
      { append: (draft) => log.append(draft), log, random: (length) => world.bytes(length), clock },
      { nodeId: keys.nodeId, nodeName: `${of.name}.example` },
    )
    const servers = planted?.servers?.(inner, of) ?? inner
    await servers.start()
    log.onCommitted((entries) => servers.apply(entries))
    const directory = createNodeDirectory({ servers, timers }, { nodeId: keys.nodeId })
    const ingest = createIngestRemote({ log, servers })
    await followRedactions(log, timers)
    if (parts.sealsPromptly === true) sealPromptly({ log: real, directory })
    const station = network.join(keys.nodeId, timers)
    const forSync: SyncComponents['log'] = {
      sealedFeeds: (channel) => log.sealedFeeds(channel),
      slice: (feed, from, limit, within) => log.slice(feed, from, limit, within),
      appendRemote: (slice) => ingest.append(slice),
      get: (id) => log.get(id),
      onCommitted: (listener) => log.onCommitted(listener),
      onRetained: (listener) => log.onRetained(listener),
      onSealed: (listener) => log.onSealed(listener),
    }
    const syncParts: SyncComponents = {
      log: planted?.syncLog?.(forSync, of) ?? forSync,
      peers: station,
      directory,
      keys: certificates,
      hash: sha256,
      verify,
      timers,
      clock,
      random: () => world.random(),
      logger: parts.logger ?? { debug: () => undefined, warn: () => undefined },
    }
    const sync = createSync(planted?.sync?.(syncParts, of) ?? syncParts, {
      nodeId: keys.nodeId,
      summaryMs: parts.summaryMs,
      answerMs: 5_000,
      newest: 5,
      ...(parts.meshMax !== undefined && { meshMax: parts.meshMax }),
    })
    sync.onReplicated((feed, seq, by) => parts.replicated(of, feed, seq, by))
    sync.onEquivocation(({ feed, at }) => servers.fork(feed, at))
    sync.start()
    return {
      log,
      servers,
      directory,
      sync,
      station,
      say(channel, said, clientMessageId) {
        const text = planted?.message?.(said) ?? said
        const body = encodeMessage({ clientMessageId, text, replyTo: undefined, thread: undefined })
        return append(channel, 'msg', body, planted?.name === 'retries are new messages' ? undefined : clientMessageId)
      },
      redact: (target) => append(target.channel, redaction, Buffer.from(target.id), undefined),
    }

    function append(
      channel: ChannelId,
      type: string,
      body: Uint8Array,
      clientMessageId: string | undefined,
    ): Promise<Entry> | undefined {
      const authorised = servers.authorise(of.user, channel, 'send', clock.now())
      if (!authorised.ok) return undefined
      const { member, auth } = authorised
      const draft = { channel, member, auth, type, body, ...(clientMessageId !== undefined && { clientMessageId }) }
      return log.append(draft).then(({ entry }) => entry)
    }
  }
}

/** What the room of messages will do: an event of this type erases the body of the event that it names. */
const followRedactions = async (log: Log, timers: Timers): Promise<void> => {
  const by = new Map<EventId, EventId>()
  /** NOT_FOUND: it comes later, and is looked at then. A disk that fails is asked again. */
  const erase = (target: EventId, reason: EventId): void =>
    void log.redact(target, reason).catch((error: unknown) => {
      if (error instanceof HearthError && error.code === 'NOT_FOUND') return
      timers.after(500, () => erase(target, reason))
    })
  const look = (entries: readonly Entry[]): void => {
    for (const { id, type, body } of entries) if (type === redaction) by.set(targetOf(body), id)
    for (const entry of entries) {
      const target = entry.type === redaction ? targetOf(entry.body) : entry.id
      const reason = by.get(target)
      if (reason !== undefined) erase(target, reason)
    }
  }
  for (let from = 0; from < log.position;) {
    const { entries, to } = await log.since(undefined, from, 1_000)
    look(entries)
    from = to
  }
  log.onCommitted(look)
}

export const redaction = 'msg.redact'
export const targetOf = (body: Uint8Array | undefined): EventId => Buffer.from(body ?? []).toString() as EventId

/** A certificate is believed when the root, which the node id is, has signed it. */
const createHotKeys = (own: Keys, known: Map<NodeId, HotKey[]>): HotKeys => {
  const hotKeys: HotKeys = {
    of: (node) => known.get(node) ?? [],
    learn(node, certificate) {
      try {
        const { hotPublicKey, notBeforeMs, serial } = readCertificate(
          verify,
          decodeBase32(node) ?? new Uint8Array(),
          certificate,
        )
        const before = known.get(node) ?? []
        if (before.some((one) => Buffer.compare(one.certificate, certificate) === 0)) return true
        known.set(
          node,
          [...before, { publicKey: hotPublicKey, certificate, notBeforeMs, serial }].sort(
            (a, b) => serialOf(b) - serialOf(a),
          ),
        )
        return true
      } catch (error) {
        if (error instanceof HearthError) return false
        throw error
      }
    },
  }
  hotKeys.learn(own.nodeId, own.certificate)
  return hotKeys
}

const serialOf = (key: HotKey): number => ('serial' in key && typeof key.serial === 'number' ? key.serial : 0)

const createTimers = (world: World): { timers: Timers; stop: () => void } => {
  let alive = true
  const after = (ms: number, work: () => void): (() => void) => world.after(ms, () => void (alive && work()))
  return {
    timers: { soon: (work) => void after(0, work), after },
    stop: () => {
      alive = false
    },
  }
}
