/** One run from one seed: a fault phase, then everything heals and must converge. */
import { encodeBase32 } from '../../spec/base32.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import type { MemberId, NodeId } from '../../spec/ids.ts'
import { checkAll, converged, type Finding } from './checks.ts'
import { createClients } from './clients.ts'
import { keepFrom, planFaults } from './faults.ts'
import { createMalice } from './malice.ts'
import { createNetwork, type SimNetwork } from './network.ts'
import { createSite, type Bug, type Site } from './site.ts'
import { within, type Run } from './run.ts'
import { createWorld, type World } from './world.ts'

export interface Report {
  readonly seed: number
  readonly findings: readonly Finding[]
  readonly sometimes: ReadonlyMap<string, number>
  readonly steps: number
  /** Equal for equal runs. */
  readonly trace: string
}

export const simulate = async (seed: number, bug?: Bug): Promise<Report> => {
  const world = createWorld(seed)
  const network = createNetwork(world)
  const findings: Finding[] = []
  const find = (what: string): void => void findings.push({ what, atMs: world.nowMs })
  let trace = ''
  const onUncaught = (error: unknown): void => find(`uncaught: ${error instanceof Error ? error.stack : String(error)}`)
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  try {
    const run = await begin(world, network, { bug, sites: 3 + world.pick(2), mixedSeals: true })
    const clients = createClients(run)
    const malice = world.chance(0.5) ? createMalice(run) : undefined
    await malice?.join()
    const faults = planFaults(run, clients, { find, isLied: malice !== undefined })
    network.calm = false
    await world.run(faultMs)
    faults.end()
    malice?.leave()
    await heal(run, find)
    if (findings.length === 0) {
      dropAgain(run)
      const isDone = await world.runUntil(() => clients.idle() && converged(run) === undefined, healMs)
      if (!isDone) find(`not converged: ${converged(run) ?? 'a client waits for its ack'}`)
      if (isDone) {
        // An event of a clock that was ahead is not shown before its time.
        await world.runUntil(() => run.sites.every((site) => !site.isUp || newestMs(site) <= world.nowMs), healMs)
        await clients.calm(find)
      }
      findings.push(...(await within(world, checkAll(run, clients, malice), 600_000, 'checking')))
    }
    trace = `${world.steps} ${run.sites.map((site) => (site.isUp ? site.process.log.position : '-')).join(' ')}`
    for (const site of run.sites) if (site.isUp) site.crash()
  } catch (error) {
    find(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    process.off('uncaughtException', onUncaught)
    process.off('unhandledRejection', onUncaught)
  }
  return { seed, findings, sometimes: world.sometimes, steps: world.steps, trace }
}

const faultMs = 10_000
const healMs = 900_000
/** Between two looks. */
const dropMs = 7_000

const newestMs = ({ process: { log } }: Site): number =>
  Math.max(...log.feeds().map(({ headId }) => eventIdStamp(headId).ms))

/** A server that all the sites serve, with a private channel that the first two may read. */
export const begin = async (
  world: World,
  network: SimNetwork,
  {
    bug,
    sites: count,
    meshMax,
    mixedSeals,
  }: {
    readonly bug?: Bug | undefined
    readonly sites: number
    readonly meshMax?: number
    /** Some seal in the batch, some after it. */ readonly mixedSeals?: boolean
  },
): Promise<Run> => {
  const replicated: Run['replicated'] = new Map()
  const sites: Site[] = []
  const keysOf = (node: NodeId): readonly Uint8Array[] =>
    sites.filter(({ keys }) => keys.nodeId === node).map(({ keys }) => keys.hot.publicKey)
  const strangers = new Set<NodeId>()
  for (let index = 0; index < count; index++) {
    sites.push(
      createSite(
        {
          world,
          network,
          bug,
          summaryMs: 20_000,
          sealsPromptly: mixedSeals === true && index % 2 === 0,
          ...(meshMax !== undefined && { meshMax }),
          publicKeysOf: keysOf,
          replicated(_site, feed, seq, by) {
            const known = replicated.get(feed) ?? new Map<NodeId, number>()
            replicated.set(feed, known.set(by, Math.max(seq, known.get(by) ?? 0)))
          },
        },
        index,
      ),
    )
  }
  for (const site of sites) await within(world, site.boot(), 5_000, `${site.name} starts`)
  const [home, admin] = sites as [Site, Site]
  const owner = { kind: 'user', user: home.user } as const
  const { servers } = home.process
  const { id: server } = await within(
    world,
    servers.createServer(owner, { handle: 'club', name: 'Club', firstChannel: 'general' }),
    5_000,
    'creating',
  )
  for (const site of sites.slice(1)) {
    const member = encodeBase32(world.bytes(16)) as MemberId
    const address = `${site.user}@${site.name}.example`
    const by = { invitedBy: owner, ...(site === admin && { role: '10-admin' }) }
    const { nodeId } = site.keys
    await within(world, servers.admitRemote({ node: nodeId, member, address }, server, by), 5_000, 'admitting')
    await within(world, site.process.sync.join(server, home.keys.nodeId), 40_000, `${site.name} joins`)
    await within(world, site.process.servers.takeSeat(site.user, server, member), 5_000, 'taking a seat')
  }
  const back = await within(
    world,
    servers.createChannel(owner, server, { handle: 'back', private: true }),
    5_000,
    'back',
  )
  await world.run(1_000)
  const listed = { member: `${admin.user}@${admin.name}.example` }
  await within(world, servers.setChannelEntry(owner, back.id, listed, true), 5_000, 'listing')
  const general = servers.channelByHandles('club', 'general')
  if (general === undefined) throw new Error('there is no general')
  return {
    world,
    network,
    sites,
    server,
    general: general.id,
    back: back.id,
    replicated,
    destroyed: undefined,
    begins: undefined,
    strangers,
  }
}

const heal = async (run: Run, find: (what: string) => void): Promise<void> => {
  const { world, network, sites } = run
  if (world.chance(0.25)) {
    run.destroyed = world.oneOf(sites)
    world.saw('a node never comes back')
    run.destroyed.crash()
  }
  network.calm = true
  network.heal()
  for (const site of sites) {
    site.skewMs = 0
    site.disk.heal()
    if (site.isUp || site === run.destroyed) continue
    site.crash()
    await within(world, site.boot(), 60_000, `${site.name} starts`).catch((error: unknown) => find(String(error)))
  }
  network.heal()
}

/** What nodes keep differs until here; from now on each looks again and again. */
const dropAgain = (run: Run): void => {
  const { world, sites, begins } = run
  if (begins === undefined) return
  for (const site of sites) {
    if (site.isUp) void keepFrom(run, site, begins).catch(() => undefined)
  }
  world.after(dropMs, () => dropAgain(run))
}
