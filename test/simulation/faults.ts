/** What goes wrong, and what people do meanwhile: at random times, with a bias for moments that are risky. */
import type { Actor } from '../../node/servers/servers.ts'
import { HearthError } from '../../spec/errors.ts'
import { firstIdOf } from '../../spec/event-id.ts'
import type { EventId } from '../../spec/ids.ts'
import type { Clients } from './clients.ts'
import type { Disk } from './disk.ts'
import type { Run } from './run.ts'
import type { Site } from './site.ts'

export interface Faults {
  end(): void
}

/** FEED-7, because of an event that is on every node. */
export const keepFrom = async ({ server, general }: Run, { process }: Site, from: EventId): Promise<number> => {
  const { log, servers } = process
  const governance = servers.server(server)?.governance
  const [genesis] = governance === undefined ? [] : await log.page(governance, { after: firstIdOf(0) }, 1)
  return genesis === undefined ? 0 : log.retain(general, { from, because: genesis.id })
}

export const planFaults = (
  run: Run,
  clients: Clients,
  { find, isLied }: { readonly find: (what: string) => void; readonly isLied: boolean },
): Faults => {
  const { world, network, sites, server, general, back } = run
  const backups = new Map<Site, Disk>()
  let isOver = false

  const boot = (site: Site): void => {
    if (site.isUp || isOver) return
    site.boot().catch((error: unknown) => {
      // A disk that fails while the node starts: the next start finds it well.
      if (!(error instanceof HearthError && error.code === 'STORE_FAILED')) {
        find(`${site.name} does not start: ${String(error)}`)
      }
      site.crash()
      world.after(500, () => boot(site))
    })
  }

  const crash = (site: Site): void => {
    if (!site.isUp || isOver) return
    world.saw('a crash')
    site.crash()
    world.after(50 + world.random() * 2_000, () => boot(site))
  }

  const acts: readonly [weight: number, act: () => void][] = [
    [
      30,
      () => {
        const site = world.oneOf(sites)
        clients.say(site, world.chance(0.25) && site.index < 2 ? back : general)
        // Right behind a message: before the sync, between sync and seal, between seal and push.
        if (world.chance(0.1)) world.after(world.random() * 40, () => crash(site))
      },
    ],
    [2, () => crash(world.oneOf(sites))],
    [3, () => network.drop(world.oneOf(sites).keys.nodeId, world.oneOf(sites).keys.nodeId)],
    [
      2,
      () => {
        network.cut(world.oneOf(sites).keys.nodeId, world.oneOf(sites).keys.nodeId)
        if (world.chance(0.5)) world.after(world.random() * 6_000, () => network.heal())
      },
    ],
    [
      1,
      () => {
        const site = world.oneOf(sites)
        if (site.isUp) void site.disk.backUp().then((copy) => backups.set(site, copy))
      },
    ],
    [
      1,
      () => {
        const site = world.oneOf([...backups.keys(), world.oneOf(sites)])
        const copy = backups.get(site)
        if (copy === undefined || !site.isUp || isOver) return
        world.saw('a restored backup')
        clients.restored(site)
        site.crash()
        site.disk = copy
        backups.delete(site)
        world.after(50 + world.random() * 500, () => boot(site))
      },
    ],
    [1, () => void (world.oneOf(sites).skewMs = (world.random() - 0.5) * (world.chance(0.2) ? 600_000 : 40_000))],
    [1, () => world.oneOf(sites).disk.failOnce()],
    // Not beside a liar: of a fork that lies before the beginning there may be no proof any more.
    [!isLied && world.chance(0.4) ? 2 : 0, () => drop(world.oneOf(sites))],
    [4, () => govern()],
    [2, () => erase()],
    [3, () => succeed()],
  ]
  /** Each node counts the days by its own clock. */
  const drop = (site: Site): void => {
    if (!site.isUp) return
    const from = firstIdOf(Math.floor(world.nowMs) - 1_000 - world.pick(5_000))
    if (run.begins === undefined || run.begins < from) run.begins = from
    keepFrom(run, site, from).then(
      (dropped) => void (dropped > 0 && world.saw('events are dropped')),
      () => world.saw('dropping fails'),
    )
    if (world.chance(0.3)) world.after(world.random() * 20, () => crash(site))
  }
  /** The owner and an admin, on two nodes that may not see each other. */
  const govern = (): void => {
    const site = world.oneOf(sites.slice(0, 2))
    if (!site.isUp) return
    const actor: Actor = { kind: 'user', user: site.user }
    const { servers } = site.process
    const victim = world.oneOf(sites.slice(2))
    const target = `${victim.user}@${victim.name}.example`
    const work = world.oneOf<() => Promise<unknown>>([
      () => servers.setTopic(actor, general, `topic ${world.pick(1_000)}`),
      () => servers.renameServer(actor, server, `Club ${world.pick(1_000)}`),
      () => servers.createChannel(actor, server, { handle: `c${world.pick(1_000_000)}` }),
      () => servers.setTopic(actor, back, `secret ${world.pick(1_000)}`),
      () => servers.timeout(actor, server, target, world.nowMs + 500),
      () => servers.kick(actor, server, target).then(() => world.saw('a kick')),
    ])
    work().catch(() => world.saw('an operation is refused'))
  }

  /** The owner names guardians and guardians a second owner, at nodes that may not see each other. The first stays one. */
  const succeed = (): void => {
    const [home, ...others] = sites
    // Further owners would have the private channel.
    const [admin] = others
    const site = world.oneOf(sites.slice(0, 3))
    if (!site.isUp || home === undefined || admin === undefined) return
    const actor: Actor = { kind: 'user', user: site.user }
    const { servers } = site.process
    const address = (of: Site): string => `${of.user}@${of.name}.example`
    const guardians = others.filter(() => world.chance(0.8)).map(address)
    const threshold = guardians.length === 0 ? undefined : 1 + world.pick(guardians.length)
    const named = guardians.length === 0 ? {} : { guardians, threshold }
    const proposals = servers.succession(server)?.proposals ?? []
    const work =
      site === home && world.chance(0.7)
        ? () => servers.nameGuardians(actor, server, { guardians, threshold })
        : proposals.length > 0 && world.chance(0.7)
          ? () => servers.approveOwners(actor, server, world.oneOf(proposals).root)
          : () => servers.proposeOwners(actor, server, { owners: [home, admin].map(address), ...named })
    work().then(
      ({ inForce, approvals }) => {
        if (inForce && approvals > 0) world.saw('guardians hand the server on')
        if (!inForce) world.saw('a proposal waits for guardians')
      },
      () => world.saw('an operation is refused'),
    )
  }

  const erase = (): void => {
    const site = world.oneOf(sites)
    const mine = clients.said.filter((one) => one.site === site && one.entry !== undefined)
    if (!site.isUp || mine.length === 0) return
    const target = world.oneOf(mine).entry
    if (target !== undefined)
      site.process
        .redact(target)
        ?.then(() => world.saw('a redaction'))
        .catch(() => undefined)
  }

  const total = acts.reduce((sum, [weight]) => sum + weight, 0)

  const step = (): void => {
    if (isOver) return
    let at = world.random() * total
    for (const [weight, act] of acts) {
      at -= weight
      if (at >= 0) continue
      act()
      break
    }
    world.after(world.random() * 300, step)
  }
  step()

  return {
    end() {
      isOver = true
    },
  }
}
