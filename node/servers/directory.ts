/** All servers of this node, as they follow from the governance channels of the log. */
import { encodeBase32 } from '../../spec/base32.ts'
import { splitEvent } from '../../spec/event.ts'
import {
  isGovernanceChannel,
  isGovernanceType,
  readGovernanceEvent,
  type GovernanceEvent,
} from '../../spec/governance/acts.ts'
import { readBranch } from '../../spec/governance/branches.ts'
import { channelOfSettings, isInPlace, settingsChannelOf } from '../../spec/governance/places.ts'
import type { ChannelId, EventId, FeedId, Handle, NodeId, ServerId } from '../../spec/ids.ts'
import { createVerify, sha256 } from '../crypto.ts'
import type { Entry, Log } from '../log/log.ts'
import { createCommunity, type Community } from './community.ts'
import type { NameServer } from './handles.ts'
import type { ChangeKind } from './servers.ts'

export interface Directory {
  load(log: Pick<Log, 'feeds' | 'page'>): Promise<void>
  /** What changed, each kind once. */
  apply(entries: readonly Entry[]): ReadonlySet<ChangeKind>
  /** GOV-14: proven (SYNC-11). Undefined: nothing changed. */
  fork(feed: FeedId, at: number): ChangeKind | undefined
  /** From this number on the feed is void; undefined: it does not fork, as far as is known. */
  forkOf(feed: FeedId): number | undefined
  get(id: ServerId): Community | undefined
  byHandle(handle: string): Community | undefined
  ofChannel(channel: ChannelId): Community | undefined
  /** The server that a channel holds governance of (GOV-2, GOV-31). */
  governedBy(channel: ChannelId): Community | undefined
  all(): Iterable<Community>
  readonly size: number
}

/** `handleFor`: what a server is called here, by its own handle, which may be another server's here already. */
export const createDirectory = (
  node: NodeId,
  nodeName: string,
  handleFor: NameServer = (_server, handle) => handle,
  isDomainOf: (domain: string, node: NodeId) => boolean = () => true,
): Directory => {
  const byId = new Map<ServerId, Community>()
  const byGovernance = new Map<ChannelId, Community>()
  const byHandle = new Map<string, Community>()
  const byChannel = new Map<ChannelId, Community>()
  /** Events of servers whose genesis, or of channels whose create event, has not arrived. */
  const early = new Map<ChannelId, GovernanceEvent[]>()

  /** Of every feed, governance or not: which server it is of may come to be known later. */
  const forks = new Map<FeedId, number>()
  const verify = createVerify()

  const found = (channel: ChannelId, origin: GovernanceEvent, raw: Uint8Array): Community => {
    const id = encodeBase32(sha256(splitEvent(raw).headerBytes)) as ServerId // ID-2
    const own = origin.act.type === 'server.genesis' ? origin.act.handle : ('' as Handle)
    const handle = handleFor(id, own, (one) => byHandle.has(one))
    const community = createCommunity(
      { id, node, nodeName, handle, isDomainOf: (...of) => of[0] === of[1] || isDomainOf(...of) },
      origin,
    )
    for (const [feed, at] of forks) community.fork(feed, at)
    byId.set(id, community)
    byGovernance.set(channel, community)
    if (!byHandle.has(handle)) byHandle.set(handle, community)
    return community
  }

  const applyTo = (channel: ChannelId, entries: readonly Entry[]): ChangeKind | undefined => {
    const events: GovernanceEvent[] = early.get(channel) ?? []
    early.delete(channel)
    let community = governedBy(channel)
    let changed: ChangeKind | undefined
    for (const entry of entries) {
      const event = proven(readGovernanceEvent(entry), channel)
      if (event === undefined || !isInPlace(event.act, channel)) continue
      if (community === undefined && event.act.type === 'server.genesis' && event.act.governance === channel) {
        community = found(channel, event, entry.raw)
        changed = 'permissions'
      } else events.push(event)
    }
    if (community === undefined) {
      if (events.length > 0) early.set(channel, events)
      return undefined
    }
    changed = community.apply(events) ?? changed
    for (const id of community.governance.channels.keys()) {
      if (byChannel.has(id)) continue
      byChannel.set(id, community)
      if (early.has(settingsChannelOf(id))) changed = applyTo(settingsChannelOf(id), []) ?? changed
    }
    return changed
  }

  /** GOV-38: what does not prove its branch is dropped. */
  const proven = (event: GovernanceEvent | undefined, channel: ChannelId): GovernanceEvent | undefined => {
    if (event?.act.type !== 'feed.resolve') return event
    const branch = readBranch({ hash: sha256, verify, read: readGovernanceEvent }, channel, event.act)
    return branch === undefined ? undefined : { ...event, act: { ...event.act, branch } }
  }

  const apply = (entries: readonly Entry[]): ReadonlySet<ChangeKind> => {
    const kinds = new Set<ChangeKind>()
    for (const [channel, group] of byPlace(entries)) {
      const kind = applyTo(channel, group)
      if (kind !== undefined) kinds.add(kind)
    }
    return kinds
  }

  const governedBy = (channel: ChannelId): Community | undefined => {
    const about = channelOfSettings(channel)
    return about === undefined ? byGovernance.get(channel) : byChannel.get(about)
  }

  return {
    async load(log) {
      const channels = new Set(log.feeds().map(({ channel }) => channel))
      for (const channel of channels) if (isGovernanceChannel(channel)) apply(await readAll(log, channel))
      for (const channel of channels) {
        if (channelOfSettings(channel) !== undefined && governedBy(channel) !== undefined)
          apply(await readAll(log, channel))
      }
    },
    apply,
    fork(feed, at) {
      if (at >= (forks.get(feed) ?? Infinity)) return undefined
      forks.set(feed, at)
      let changed: ChangeKind | undefined
      for (const community of byId.values()) changed = community.fork(feed, at) ?? changed
      return changed
    },
    forkOf: (feed) => forks.get(feed),
    get: (id) => byId.get(id),
    byHandle: (handle) => byHandle.get(handle),
    /** A channel whose create event was cut is known to its server no more. */
    ofChannel(channel) {
      const community = byChannel.get(channel)
      return community?.governance.channels.has(channel) === true ? community : undefined
    },
    governedBy,
    all: () => byId.values(),
    get size() {
      return byId.size
    },
  }
}

/** In order of arrival, so that of two genesis events in one channel the one that was there first counts at every start. */
const readAll = async (log: Pick<Log, 'page'>, channel: ChannelId): Promise<Entry[]> => {
  const entries: Entry[] = []
  let after = beforeAllIds
  for (;;) {
    const page = await log.page(channel, { after }, pageSize)
    entries.push(...page)
    const last = page.at(-1)
    if (last === undefined) return entries.sort((a, b) => a.position - b.position)
    after = last.id
  }
}

const byPlace = (entries: readonly Entry[]): Map<ChannelId, Entry[]> => {
  const groups = new Map<ChannelId, Entry[]>()
  for (const entry of entries) {
    if (!isGovernanceType(entry.type) || !mayGovern(entry.channel)) continue
    const group = groups.get(entry.channel)
    if (group === undefined) groups.set(entry.channel, [entry])
    else group.push(entry)
  }
  return groups
}

const mayGovern = (channel: ChannelId): boolean =>
  isGovernanceChannel(channel) || channelOfSettings(channel) !== undefined

const beforeAllIds = '00000000-0000-7000-8000-000000000000' as EventId
const pageSize = 1_000
