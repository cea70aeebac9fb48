/**
 * Who holds rank 0 (GOV-32 to GOV-36): a chain of roots that begins with the genesis. It is decided before all ranks, from
 * the events that are about roots alone: no grant gives or takes the right to hand the root on.
 */
import type { EventId, FeedId } from '../ids.ts'
import type { Genesis, GovernanceEvent } from './acts.ts'
import type { AuthorKey } from './names.ts'
import type { ApproveAct, RootAct } from './root-acts.ts'

export interface Root {
  /** Of the genesis, or of a `root.set`. */
  readonly id: EventId
  /** 0: the genesis; one more with each root after it. */
  readonly epoch: number
  readonly holders: readonly AuthorKey[]
  readonly threshold: number
  readonly guardians: readonly AuthorKey[]
  /** Up to where the acts of those stand who held the root before it and do not hold this one. */
  readonly cuts: ReadonlyMap<FeedId, number>
  /** Who wrote it; of the genesis nobody in particular. */
  readonly by: AuthorKey | undefined
  /** Guardians of the root before it. */
  readonly approvedBy: readonly AuthorKey[]
}

/** A root that guardians of the one in force propose, and too few approve. */
export interface Proposal extends Omit<Root, 'epoch' | 'cuts'> {
  readonly by: AuthorKey
}

export type RootEvent = GovernanceEvent & { readonly act: RootAct }
export type ApproveEvent = GovernanceEvent & { readonly act: ApproveAct }

/** The events about roots, as they were found; which count is asked of `resolveRoots`. */
export class RootEvents {
  readonly #after = new Map<EventId, RootEvent[]>()
  readonly #approvals = new Map<EventId, ApproveEvent[]>()
  readonly #ids = new Set<EventId>()

  /** True: it is about roots. */
  insert(event: GovernanceEvent): boolean {
    if (isRootEvent(event)) {
      this.#ids.add(event.id)
      push(this.#after, event.act.predecessor, event)
    } else if (isApproveEvent(event)) push(this.#approvals, event.act.root, event)
    else return false
    return true
  }

  has(id: EventId): boolean {
    return this.#ids.has(id)
  }

  after(root: EventId): readonly RootEvent[] {
    return this.#after.get(root) ?? []
  }

  approvals(root: EventId): readonly ApproveEvent[] {
    return this.#approvals.get(root) ?? []
  }
}

export interface RootQuestions {
  /** GOV-14 */
  readonly isForked: (event: GovernanceEvent) => boolean
  /** GOV-12: had the holder given up that root before it? */
  readonly hasResigned: (root: EventId, event: GovernanceEvent) => boolean
}

export interface Roots {
  /** The genesis first, the one in force last. */
  readonly chain: readonly Root[]
  readonly proposals: readonly Proposal[]
  /** Events that put a root into force, and approvals of guardians who might. */
  readonly valid: ReadonlySet<EventId>
}

/** GOV-34: root by root from the genesis on, each from those that name it as the one before them. */
export const resolveRoots = (
  genesis: { readonly id: EventId; readonly act: Genesis },
  events: RootEvents,
  questions: RootQuestions,
): Roots => {
  const { founders } = genesis.act
  let root: Root = {
    id: genesis.id,
    epoch: 0,
    holders: founders,
    threshold: 0,
    guardians: [],
    cuts: new Map(),
    by: undefined,
    approvedBy: [],
  }
  const chain = [root]
  const valid = new Set<EventId>()
  for (;;) {
    const candidates = candidatesAfter(root, events, questions)
    for (const { votes } of candidates) for (const { id } of votes) valid.add(id)
    const next = candidates.filter(({ stands }) => stands).sort(byPreference(candidates))[0]
    for (const { event, stands } of candidates) if (!stands || event !== next?.event) valid.delete(event.id)
    if (next === undefined) return { chain, valid, proposals: candidates.map(proposalOf) }
    valid.add(next.event.id)
    const { cuts } = next.event.act
    root = { ...proposalOf(next), cuts, epoch: root.epoch + 1 }
    chain.push(root)
  }
}

interface Candidate {
  readonly event: RootEvent
  /** Of guardians of the root before it, what they said for it: the proposal itself, too. */
  readonly votes: readonly GovernanceEvent[]
  readonly approvedBy: readonly AuthorKey[]
  /** Enough guardians. */
  readonly isStrong: boolean
  /** Strong, or by a holder. */
  readonly stands: boolean
}

const candidatesAfter = (root: Root, events: RootEvents, { isForked, hasResigned }: RootQuestions): Candidate[] => {
  const guardians = new Set(root.guardians)
  const holders = new Set(root.holders)
  return events.after(root.id).flatMap((event): Candidate[] => {
    if (isForked(event)) return []
    const isHolders = holders.has(event.author) && !hasResigned(root.id, event)
    if (!isHolders && !guardians.has(event.author)) return []
    const votes = [event, ...events.approvals(event.id)].filter((vote) => guardians.has(vote.author) && !isForked(vote))
    const approvedBy = [...new Set(votes.map(({ author }) => author))]
    const isStrong = root.threshold > 0 && approvedBy.length >= root.threshold
    return [{ event, votes, approvedBy, isStrong, stands: isStrong || isHolders }]
  })
}

/**
 * GOV-35: guardians go before a holder; of several that they approved, the one that most of them named last; the lower id.
 */
const byPreference = (candidates: readonly Candidate[]): ((a: Candidate, b: Candidate) => number) => {
  const strong = candidates.filter(({ isStrong }) => isStrong)
  const last = new Map<AuthorKey, { readonly id: EventId; readonly for: Candidate }>()
  for (const candidate of strong) {
    for (const { author, id } of candidate.votes) {
      const known = last.get(author)
      if (known === undefined || known.id < id) last.set(author, { id, for: candidate })
    }
  }
  const wordsFor = (candidate: Candidate): number => [...last.values()].filter((word) => word.for === candidate).length
  return (a, b) =>
    Number(b.isStrong) - Number(a.isStrong) || wordsFor(b) - wordsFor(a) || (a.event.id < b.event.id ? -1 : 1)
}

const proposalOf = ({ event, approvedBy }: Candidate): Proposal => {
  const { id, author, act } = event
  const { holders, threshold, guardians } = act
  return { id, by: author, holders, threshold, guardians, approvedBy }
}

const isRootEvent = (event: GovernanceEvent): event is RootEvent => event.act.type === 'root.set'
const isApproveEvent = (event: GovernanceEvent): event is ApproveEvent => event.act.type === 'root.approve'

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
