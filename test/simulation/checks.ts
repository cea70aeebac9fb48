/** What must hold at the end, whatever happened. */
import type { Entry, Log } from '../../node/log/log.ts'
import type { ProposalInfo, SuccessionInfo } from '../../node/servers/servers.ts'
import { decodeEvent } from '../../spec/event.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import { decodeMessage } from '../../spec/message.ts'
import type { ChannelId, EventId, NodeId } from '../../spec/ids.ts'
import type { Clients } from './clients.ts'
import type { Malice } from './malice.ts'
import { isOut, type Run } from './run.ts'
import { redaction, targetOf, type Site } from './site.ts'

export interface Finding {
  readonly what: string
  readonly atMs: number
}

/** No clock of ours goes wrong by more. */
const skewMaxMs = 360_000

/** Undefined: all nodes that may have a channel hold the same of it, sealed and down to the beginning. */
export const converged = (run: Run): string | undefined => {
  const up = run.sites.filter((site) => site.isUp)
  const [first] = up
  if (first === undefined) return 'nobody is up'
  for (const channel of channelsOf(up)) {
    const holders = up.filter((site) => isReader(up, site, channel))
    const views = holders.map((site) => viewOf(site, channel))
    const different = views.findIndex((view) => view !== views[0])
    if (different > 0) {
      const [a, b] = [holders[0], holders[different]]
      return `channel ${channel}: ${a?.name} has ${views[0]}, ${b?.name} has ${views[different]}`
    }
  }
  return undefined
}

const channelsOf = (sites: readonly Site[]): Set<ChannelId> =>
  new Set(sites.flatMap((site) => site.process.directory.servers().flatMap((one) => [one.governance, ...one.channels])))

/** As the owner's node says, or the admin's: nobody can kick them, and a node that was kicked may not know it. */
const isReader = (up: readonly Site[], site: Site, channel: ChannelId): boolean =>
  up[0]?.process.directory.mayServe(site.keys.nodeId, channel) === true && !isOut(site)

/** Feeds that fork are told apart by where, the rest by what is there. */
const viewOf = ({ process }: Site, channel: ChannelId): string => {
  const forks = new Map(process.sync.equivocations().map(({ feed, at }) => [feed, at]))
  return process.log
    .feeds(channel)
    .filter(({ feed }) => !forks.has(feed))
    .map(
      ({ feed, floor, head, headHash }) =>
        `${feed.slice(0, 6)}:${floor}-${head}:${Buffer.from(headHash).toString('hex', 0, 3)}`,
    )
    .sort()
    .concat(
      [...process.sync.equivocations()]
        .filter(({ origin }) => origin.channel === channel)
        .map(({ feed, at }) => {
          const { floor, head } = process.log.feeds(channel).find((one) => one.feed === feed) ?? { floor: 1, head: 0 }
          const common = floor < at ? `${floor}-${Math.min(head, at - 1)}` : 'nothing'
          return `${feed.slice(0, 6)}:${common} forks at ${at}`
        })
        .sort(),
    )
    .join(' ')
}

export const checkAll = async (run: Run, clients: Clients, malice: Malice | undefined): Promise<Finding[]> => {
  const { world } = run
  const findings: Finding[] = []
  const find = (what: string): void => void findings.push({ what, atMs: world.nowMs })
  const up = run.sites.filter((site) => site.isUp)
  const pages = new Map<Site, Map<ChannelId, Entry[]>>()
  const pageOf = async (site: Site, channel: ChannelId): Promise<Entry[]> => {
    let byChannel = pages.get(site)
    if (byChannel === undefined) pages.set(site, (byChannel = new Map()))
    const known = byChannel.get(channel)
    if (known !== undefined) return known
    const entries = await readAll(site, channel)
    byChannel.set(channel, entries)
    return entries
  }
  // What was being written when all seemed well.
  for (const site of up) await site.process.log.seal().catch(() => undefined)

  await checkOrder(up, pageOf, find)
  await checkSaid(run, clients, pageOf, find)
  await checkRedactions(up, pageOf, find)
  checkGovernance(run, up, find)
  await checkForks(up, find)
  for (const site of up) {
    const { log } = site.process
    for (const { kind, channel, what } of await log.verify()) {
      // By the word of the origin (SYNC-6), and then the node was kicked: what erased the body does not come any more.
      const isCutOff = kind === 'redaction' && channel !== undefined && !isReader(up, site, channel)
      if (!isCutOff) find(`${site.name}: verify: ${what}`)
    }
    const members = new Set([...run.sites.map(({ keys }) => keys.nodeId), ...run.strangers])
    for (const { node, feed } of log.feeds())
      if (!members.has(node)) find(`${site.name} stores feed ${feed} of a stranger`)
    if (site.index >= 2 && log.feeds(run.back).length > 0) find(`${site.name} has the private channel`)
    for (const { headId, feed } of log.feeds()) {
      if (eventIdStamp(headId).ms > world.nowMs + skewMaxMs) find(`${site.name} stores feed ${feed} of the future`)
    }
  }
  for (const what of (await malice?.findings(up)) ?? []) find(what)
  return findings
}

const readAll = async ({ process }: Site, channel: ChannelId): Promise<Entry[]> => {
  const forks = new Map(process.sync.equivocations().map(({ feed, at }) => [feed, at]))
  const entries: Entry[] = []
  for (let after = '00000000-0000-7000-8000-000000000000' as EventId; ;) {
    const page = await process.log.page(channel, { after }, 200)
    entries.push(...page.filter(({ feed, seq }) => seq < (forks.get(feed) ?? Infinity)))
    const last = page.at(-1)
    if (last === undefined) return entries
    after = last.id
  }
}

type PageOf = (site: Site, channel: ChannelId) => Promise<Entry[]>
type Find = (what: string) => void

/** One display order, and nothing twice. */
const checkOrder = async (up: readonly Site[], pageOf: PageOf, find: Find): Promise<void> => {
  for (const channel of channelsOf(up)) {
    let first: { readonly site: Site; readonly ids: string } | undefined
    for (const site of up.filter((one) => isReader(up, one, channel))) {
      const entries = await pageOf(site, channel)
      const ids = entries.map(({ id }) => id)
      if (new Set(ids).size !== ids.length) find(`${site.name} shows an event twice in ${channel}`)
      if ([...ids].sort().join() !== ids.join()) find(`${site.name} shows ${channel} out of order`)
      if (first === undefined) first = { site, ids: ids.join() }
      else if (first.ids !== ids.join()) find(`${site.name} and ${first.site.name} show ${channel} differently`)
    }
  }
}

/** Acknowledged: present at its node after crashes; replicated: everywhere, even when its node is gone. */
const checkSaid = async (run: Run, clients: Clients, pageOf: PageOf, find: Find): Promise<void> => {
  const up = run.sites.filter((site) => site.isUp)
  for (const one of clients.said) {
    const { site, channel, text, entry, restoredSince, lostAtHome } = one
    if (entry === undefined || (run.begins !== undefined && channel === run.general && entry.id < run.begins)) continue
    if (site.isUp && !lostAtHome && !(await has(site))) find(`${site.name} lost ${text}, which it acknowledged`)
    const readers = up.filter((reader) => isReader(up, reader, channel))
    const holders = new Set(clients.holdersOf(one))
    if (!lostAtHome) holders.add(site.keys.nodeId)
    const isKept = readers.some((reader) => holders.has(reader.keys.nodeId))
    for (const reader of readers) {
      if (isKept && !(await has(reader)))
        find(`${reader.name} lacks ${text} of ${site.name}, which a node that is there had`)
      const entries = await pageOf(reader, channel)
      const copies = entries.filter((copy) => copy.node === site.keys.nodeId && textOf(copy) === text)
      if (copies.length > 1 && !restoredSince) find(`${reader.name} has ${text} ${copies.length} times`)
    }

    async function has(reader: Site): Promise<boolean> {
      return (await pageOf(reader, channel)).some(({ id }) => id === entry?.id)
    }
  }
}

const textOf = ({ type, body }: Entry): string | undefined =>
  type === 'msg' && body !== undefined ? decodeMessage(body).text : undefined

/** What was erased is erased wherever the erasure is. */
const checkRedactions = async (up: readonly Site[], pageOf: PageOf, find: Find): Promise<void> => {
  for (const channel of channelsOf(up)) {
    for (const site of up.filter((one) => isReader(up, one, channel))) {
      const entries = await pageOf(site, channel)
      const erased = new Set(entries.filter(({ type }) => type === redaction).map(({ body }) => targetOf(body)))
      for (const { id, body } of entries) {
        if (erased.has(id) && body !== undefined) find(`${site.name} still has the body of ${id}`)
        if (!erased.has(id) && body === undefined) find(`${site.name} lost the body of ${id}`)
      }
    }
  }
}

const checkGovernance = ({ server }: Run, up: readonly Site[], find: Find): void => {
  let first: { readonly site: Site; readonly state: string } | undefined
  for (const site of up) {
    const { servers } = site.process
    const governance = servers.server(server)?.governance
    if (governance === undefined) find(`${site.name} has not got the server`)
    if (governance === undefined || !isReader(up, site, governance)) continue
    const privates = new Set(
      servers
        .channels(server)
        .filter((one) => one.private)
        .map(({ id }) => id),
    )
    const state = JSON.stringify([
      servers.server(server)?.name,
      servers
        .channels(server)
        .filter(({ id }) => !privates.has(id))
        .map(({ id, name, topic }) => `${id} ${name} ${topic}`)
        .sort(),
      servers
        .members(server)
        .map(({ address, rank, roles }) => `${address} ${rank} ${roles.join()}`)
        .sort(),
      servers.roles(server),
      rootOf(servers.succession(server)),
    ])
    if (first === undefined) first = { site, state }
    else if (first.state !== state)
      find(`${site.name} and ${first.site.name} are governed differently: ${state} and ${first.state}`)
  }
}

/** GOV-34: who owns it, and what is proposed, whatever was heard first. */
const rootOf = (state: SuccessionInfo | undefined): unknown => {
  const nodes = (all: readonly { readonly node: NodeId }[]): string[] => all.map(({ node }) => node).sort()
  const told = ({ root, owners, guardians, approvedBy }: ProposalInfo): unknown => [
    root,
    nodes(owners),
    nodes(guardians),
    nodes(approvedBy),
  ]
  return state && [state.epoch, told(state), state.proposals.map((one) => JSON.stringify(told(one))).sort()]
}

/** GOV-14, SYNC-11: what a node holds of a branch, it shows to nobody. */
const checkForks = async (up: readonly Site[], find: Find): Promise<void> => {
  for (const { name, process } of up) {
    for (const { feed, at, origin } of process.sync.equivocations()) {
      const held = process.log.feeds(origin.channel).find((version) => version.feed === feed)?.head ?? 0
      for (let seq = at; seq <= held; seq++) {
        const slice = await process.log.slice(feed, seq, 1)
        const [entry] = slice === undefined ? [] : await entriesOf(process.log, slice.events)
        if (entry !== undefined && process.servers.covers(entry))
          find(`${name} shows event ${seq} of a feed that forks at ${at}`)
      }
    }
  }
}

const entriesOf = async (log: Log, events: readonly Uint8Array[]): Promise<Entry[]> => {
  const found = await Promise.all(events.slice(0, 1).map((raw) => log.get(decodeEvent(raw).header.id)))
  return found.filter((entry) => entry !== undefined)
}
