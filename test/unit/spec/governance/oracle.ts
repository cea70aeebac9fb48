/** The rules GOV-8 to GOV-17 again, slow and plain, after the prototype: the oracle of the property tests. */
import type { GovernanceEvent } from '../../../../spec/governance/acts.ts'
import { isPermitted } from '../../../../spec/governance/permitted.ts'
import { defaultRoles, everyoneRole } from '../../../../spec/governance/roles.ts'
import type { EventId } from '../../../../spec/ids.ts'
import { allPermissions, toBits } from '../../../../spec/permissions.ts'

/** Ids of the valid events and of the grants that are cut. */
export const resolveSlowly = (origin: GovernanceEvent, events: readonly GovernanceEvent[]) => {
  const all = [origin, ...new Map(events.map((e) => [`${e.id} ${e.feed} ${e.seq}`, e])).values()].filter(
    (event, i) => i === 0 || event.id !== origin.id,
  )
  const forked = (event: GovernanceEvent): boolean =>
    all.some((a) =>
      all.some(
        (b) =>
          a.feed === event.feed &&
          a.seq <= event.seq &&
          ((a.id !== b.id && b.feed === a.feed && b.seq === a.seq) ||
            (a.id === b.id && (b.feed !== a.feed || b.seq !== a.seq))),
      ),
    )
  const usable = all.filter((event) => !forked(event))
  const byId = new Map(usable.map((event) => [event.id, event]))
  const valid = new Set([origin.id])
  const revocations: GovernanceEvent[] = []

  const { chain, approvals } = rootsSlowly(origin, usable)
  for (const id of [...chain.map((root) => root.id), ...approvals]) valid.add(id)

  const rankUnder = (event: GovernanceEvent): number | undefined => {
    const root = chain.find(({ id }) => id === event.auth)
    if (root !== undefined) return root.holders.includes(event.author) ? 0 : undefined
    const act = event.auth === undefined ? undefined : byId.get(event.auth)?.act
    return act?.type === 'grant' && act.to === event.author ? act.rank : undefined
  }
  const resigns = (event: GovernanceEvent): boolean => event.act.type === 'revoke' && event.act.target === event.auth
  const cutsOf = (event: GovernanceEvent): GovernanceEvent[] =>
    revocations.filter(
      ({ act, author }) =>
        act.type === 'revoke' &&
        act.target === event.auth &&
        (author === event.author || !chain.some(({ id }) => id === event.auth)),
    )
  const droppedAt = (event: GovernanceEvent) => {
    const at = chain.findIndex(({ id }) => id === event.auth)
    return at < 0 ? undefined : chain.slice(at).find(({ holders }) => !holders.includes(event.author))
  }
  const within = (event: GovernanceEvent): boolean => {
    const dropped = droppedAt(event)
    if (dropped !== undefined && event.seq > (dropped.cuts.get(event.feed) ?? 0)) return false
    const cuts = cutsOf(event).filter(({ author }) => !resigns(event) || author !== event.author)
    return cuts.every(({ author }) =>
      cuts.some(
        (c) => c.author === author && c.act.type === 'revoke' && event.seq <= (c.act.cuts.get(event.feed) ?? 0),
      ),
    )
  }
  const counted = (event: GovernanceEvent, rank: number): number => {
    if (rank === 0) return allPermissions
    const granted = byId.get(event.auth ?? origin.id)?.act
    const roles = new Set([everyoneRole, ...(granted?.type === 'grant' ? granted.roles : [])])
    let bits = 0
    for (const role of roles) bits |= defaultRoles.get(role)?.bits ?? 0
    for (const edit of usable) {
      if (edit.act.type !== 'set' || !valid.has(edit.id) || (rankUnder(edit) ?? rank) >= rank) continue
      const { role, value } = edit.act.register
      if (role !== undefined && roles.has(role) && Array.isArray(value)) bits |= toBits(value[1])
    }
    return bits
  }

  const ranks = [...new Set(usable.map(rankUnder))].filter((rank) => rank !== undefined).sort((a, b) => a - b)
  for (const rank of ranks) {
    const here = usable.filter(
      (event) => rankUnder(event) === rank && event.auth !== undefined && valid.has(event.auth),
    )
    for (const phase of [here.filter(resigns), here.filter((event) => !resigns(event))]) {
      const passed = phase.filter((event) => {
        const named = event.act.type === 'revoke' ? byId.get(event.act.target)?.act : undefined
        const target = named?.type === 'grant' ? named : undefined
        return within(event) && isPermitted({ event, grant: { rank, counted: counted(event, rank) }, target })
      })
      for (const event of passed) valid.add(event.id)
      revocations.push(...passed.filter(({ act }) => act.type === 'revoke'))
    }
  }
  const values = new Map<string, GovernanceEvent>()
  for (const event of usable) {
    if (event.act.type !== 'set' || !valid.has(event.id)) continue
    const known = values.get(event.act.register.key)
    if (known === undefined || known.id < event.id) values.set(event.act.register.key, event)
  }
  return { valid: [...valid].sort(), registers: [...values].map(([key, { id }]) => `${key} ${id}`).sort() }
}

interface SlowRoot {
  readonly id: EventId
  readonly holders: readonly string[]
  readonly guardians: readonly string[]
  readonly threshold: number
  readonly cuts: ReadonlyMap<string, number>
}

/** GOV-34 to GOV-36 again: the chain of roots, and the approvals that are valid. */
const rootsSlowly = (origin: GovernanceEvent, usable: readonly GovernanceEvent[]) => {
  const founders = origin.act.type === 'server.genesis' ? origin.act.founders : []
  const chain: SlowRoot[] = [{ id: origin.id, holders: founders, guardians: [], threshold: 0, cuts: new Map() }]
  const approvals: EventId[] = []
  for (let root = chain[0]; root !== undefined;) {
    const { id: rootId, holders, guardians, threshold } = root
    const gaveUp = (event: GovernanceEvent): boolean => {
      const said = usable.flatMap(({ act, auth, author }) =>
        act.type === 'revoke' && author === event.author && auth === rootId && act.target === rootId ? [act.cuts] : [],
      )
      return said.length > 0 && said.every((cuts) => event.seq > (cuts.get(event.feed) ?? 0))
    }
    const after = usable.filter(({ act }) => act.type === 'root.set' && act.predecessor === rootId)
    const weak = after.filter((event) => holders.includes(event.author) && !gaveUp(event))
    const named = after.filter((event) => weak.includes(event) || guardians.includes(event.author))
    const votes = named.flatMap((root_) =>
      usable
        .filter(({ act, id }) => id === root_.id || (act.type === 'root.approve' && act.root === root_.id))
        .filter(({ author }) => guardians.includes(author))
        .map(({ id, author, act }) => ({ id, author, for: root_, isApproval: act.type === 'root.approve' })),
    )
    approvals.push(...votes.filter(({ isApproval }) => isApproval).map(({ id }) => id))
    const strong = named.filter(
      (event) =>
        threshold > 0 && new Set(votes.flatMap((vote) => (vote.for === event ? [vote.author] : []))).size >= threshold,
    )
    const words = (event: GovernanceEvent): number =>
      guardians.filter((guardian) => {
        const said = votes.filter((vote) => vote.author === guardian && strong.includes(vote.for))
        return said.toSorted((a, b) => (a.id < b.id ? 1 : -1))[0]?.for === event
      }).length
    const most = Math.max(0, ...strong.map(words))
    const eligible = strong.length > 0 ? strong.filter((event) => words(event) === most) : weak
    const [next] = eligible.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    root = next?.act.type === 'root.set' ? { ...next.act, id: next.id } : undefined
    if (root !== undefined) chain.push(root)
  }
  return { chain, approvals }
}
