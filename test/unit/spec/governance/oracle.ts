/** The rules GOV-8 to GOV-17 again, slow and plain, after the prototype: the oracle of the property tests. */
import type { GovernanceEvent } from '../../../../spec/governance/acts.ts'
import { isPermitted } from '../../../../spec/governance/permitted.ts'
import { defaultRoles, everyoneRole } from '../../../../spec/governance/roles.ts'
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

  const rankUnder = (event: GovernanceEvent): number | undefined => {
    if (event.auth === origin.id) {
      const { act } = origin
      const founders = act.type === 'server.genesis' ? act.founders : []
      return founders.includes(event.author) ? 0 : undefined
    }
    const act = event.auth === undefined ? undefined : byId.get(event.auth)?.act
    return act?.type === 'grant' && act.to === event.author ? act.rank : undefined
  }
  const resigns = (event: GovernanceEvent): boolean => event.act.type === 'revoke' && event.act.target === event.auth
  const cutsOf = (event: GovernanceEvent): GovernanceEvent[] =>
    revocations.filter(
      ({ act, author }) =>
        act.type === 'revoke' && act.target === event.auth && (event.auth !== origin.id || author === event.author),
    )
  const within = (event: GovernanceEvent): boolean => {
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
