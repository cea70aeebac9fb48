/** Handing a server on (GOV-32 to GOV-37): who holds its root, who its guardians are, and what they do. */
import { HearthError } from '../../spec/errors.ts'
import type { RootAct } from '../../spec/governance/root-acts.ts'
import { splitAuthor, type AuthorKey } from '../../spec/governance/names.ts'
import type { Proposal, Root } from '../../spec/governance/roots.ts'
import { nodeMember } from '../../spec/identifiers.ts'
import type { EventId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Community } from './community.ts'
import type { Desk, Place } from './desk.ts'
import { findMember } from './find-member.ts'
import { headsOf } from './revocation.ts'
import type {
  Operations,
  ProposalInfo,
  ServersComponents,
  Successor,
  SuccessionInfo,
  SuccessionResult,
} from './servers.ts'

/** What is asked at once and from memory. */
export const successionOf = (community: Community): SuccessionInfo => {
  const { root, roots, proposals } = community.governance
  const before = roots.at(-2)
  return {
    ...described(community, root),
    epoch: root.epoch,
    isFinal: roots.every((_, at) => isFinalAt(roots, at)),
    needed: before?.threshold ?? 0,
    proposals: proposals.map((one): ProposalInfo => ({
      ...described(community, one),
      needed: root.threshold,
    })),
  }
}

const described = (community: Community, root: Root | Proposal) => ({
  root: root.id,
  by: root.by === undefined ? undefined : successor(community, root.by),
  owners: root.holders.map((author) => successor(community, author)),
  threshold: root.threshold,
  guardians: root.guardians.map((author) => successor(community, author)),
  approvedBy: root.approvedBy.map((author) => successor(community, author)),
})

/** The member that stands for a node itself is called as the node is. */
const successor = (community: Community, author: AuthorKey): Successor => {
  const { node, member } = splitAuthor(author)
  return { node, member, address: member === nodeMember ? node : community.author(author).address }
}

/** GOV-35: the guardians of the root before it cannot go back behind it any more, as long as they keep to their word. */
const isFinalAt = (roots: readonly Root[], at: number): boolean => {
  const [before, root] = [roots[at - 1], roots[at]]
  return before === undefined || before.threshold === 0 || (root?.approvedBy.length ?? 0) >= before.threshold
}

export const successionOperations = (
  desk: Desk,
  log: ServersComponents['log'],
): Pick<Operations, 'nameGuardians' | 'proposeOwners' | 'approveOwners'> => {
  /** GOV-37: resolves when it is on disk. */
  const write = async (
    place: Place,
    named: Pick<RootAct, 'holders' | 'guardians' | 'threshold'>,
  ): Promise<SuccessionResult> => {
    const { community } = place
    const { root } = community.governance
    const dropped = root.holders.filter((holder) => !named.holders.includes(holder))
    const cuts = new Map(dropped.flatMap((holder) => headsOf(community, holder, log)).slice(0, limits.cutsPerRevokeMax))
    const id = await desk.propose(place, { type: 'root.set', predecessor: root.id, ...named, cuts })
    return resultOf(community, id)
  }

  return {
    nameGuardians: (actor, server, { guardians, threshold }) =>
      desk.inTurn(server, async () => {
        const place = desk.enter(actor, server)
        const { root } = place.community.governance
        if (!root.holders.includes(place.who.author)) throw notOwner(place.community)
        const named = authorsOf(place.community, guardians)
        return write(place, { holders: root.holders, guardians: named, threshold: quorum(named, threshold) })
      }),

    proposeOwners: (actor, server, { owners, guardians, threshold }) =>
      desk.inTurn(server, async () => {
        const place = desk.enter(actor, server)
        const { community, who } = place
        const { root } = community.governance
        if (![...root.holders, ...root.guardians].includes(who.author)) throw notGuardian(community)
        const holders = authorsOf(community, owners)
        if (holders.length === 0) throw new HearthError('BAD_REQUEST', 'say who is to own the server')
        const named =
          guardians === undefined
            ? root.guardians.filter((guardian) => !holders.includes(guardian))
            : authorsOf(community, guardians)
        return write(place, { holders, guardians: named, threshold: quorum(named, threshold) })
      }),

    approveOwners: (actor, server, proposal) =>
      desk.inTurn(server, async () => {
        const place = desk.enter(actor, server)
        const { community, who } = place
        const { root, roots } = community.governance
        const chosen = choose(community, who.author, proposal)
        const at = roots.findIndex(({ id }) => id === chosen.id)
        const guardians = at < 0 ? root.guardians : (roots[at - 1]?.guardians ?? [])
        if (!guardians.includes(who.author)) throw notGuardian(community)
        if (!chosen.approvedBy.includes(who.author))
          await desk.propose(place, { type: 'root.approve', root: chosen.id })
        return resultOf(community, chosen.id)
      }),
  }
}

/**
 * The one that is meant: of several it must be said. Where nothing is proposed, the newest root that an owner made and that
 * is not final for want of this guardian's word.
 */
const choose = (community: Community, guardian: AuthorKey, id: EventId | undefined): Root | Proposal => {
  const { roots, proposals } = community.governance
  if (id !== undefined) {
    const found = [...proposals, ...roots].find((one) => one.id === id)
    if (found !== undefined) return found
    throw new HearthError('NOT_FOUND', `nothing is proposed as ${id}; ${listed(community) || 'nothing is'}`)
  }
  const [only, ...more] = proposals
  if (more.length > 0) throw new HearthError('BAD_REQUEST', `there are several; say which: ${listed(community)}`)
  if (only !== undefined) return only
  const open = roots.findLast((_, at) => !isFinalAt(roots, at) && roots[at - 1]?.guardians.includes(guardian) === true)
  if (open !== undefined) return open
  throw new HearthError('NOT_FOUND', `nobody proposes to hand ${community.info.handle} on`)
}

const resultOf = (community: Community, id: EventId): SuccessionResult => {
  const { roots, proposals, root } = community.governance
  const at = roots.findIndex((one) => one.id === id)
  const found = roots[at] ?? proposals.find((one) => one.id === id)
  const needed = (at < 0 ? root : roots[at - 1])?.threshold ?? 0
  return { root: id, inForce: at >= 0, approvals: found?.approvedBy.length ?? 0, needed }
}

const listed = (community: Community): string =>
  community.governance.proposals
    .map(
      ({ id, by, holders }) =>
        `${id} (by ${addresses(community, by === undefined ? [] : [by])} for ${addresses(community, holders)})`,
    )
    .join(', ')

const addresses = (community: Community, authors: readonly AuthorKey[]): string =>
  authors.map((author) => successor(community, author).address).join(', ')

/** NOT_FOUND: no member now. QUOTA. Each once. */
const authorsOf = (community: Community, names: readonly string[]): AuthorKey[] => {
  const authors = [...new Set(names.map((name) => findMember(community, name).author))]
  if (authors.length <= Math.min(limits.foundersMax, limits.guardiansMax)) return authors
  throw new HearthError('QUOTA', `at most ${limits.guardiansMax} can be named`)
}

/** More than half, unless said. BAD_REQUEST. */
const quorum = (guardians: readonly AuthorKey[], threshold: number | undefined): number => {
  if (threshold === undefined) return guardians.length === 0 ? 0 : Math.floor(guardians.length / 2) + 1
  if (guardians.length > 0 && threshold >= 1 && threshold <= guardians.length) return threshold
  throw new HearthError('BAD_REQUEST', `of ${guardians.length} guardians no ${threshold} can agree`)
}

const notOwner = (community: Community): HearthError => {
  const owners = addresses(community, community.governance.root.holders)
  return new HearthError('NOT_ALLOWED', `only an owner of ${community.info.handle} names its guardians: ${owners}`)
}

const notGuardian = (community: Community): HearthError => {
  const { info, governance } = community
  const names = addresses(community, governance.root.guardians) || 'not named yet'
  return new HearthError(
    'NOT_ALLOWED',
    `you are neither an owner nor a guardian of ${info.handle}; its guardians are ${names}`,
  )
}
