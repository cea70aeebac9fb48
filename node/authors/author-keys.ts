/** The device keys of members of any node (spec/authors.md): one's own users' at once, others' as their nodes tell them. */
import { z } from 'zod'
import { authorKeyField, type AuthorDeviceKey } from '../../spec/author.ts'
import { HearthError } from '../../spec/errors.ts'
import { authorKey, splitAuthor, type AuthorKey } from '../../spec/governance/names.ts'
import type { MemberId, NodeId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const keptRecord = z.strictObject({
  keys: z.array(authorKeyField),
  /** Unix ms, when their node said so. */
  asked: z.int(),
})

export interface AuthorKeysComponents {
  readonly store: Store
  readonly clock: { now(): number }
  readonly accounts: { keys(user: UserName): readonly AuthorDeviceKey[] }
  readonly userOf: (member: MemberId) => UserName | undefined
  /** NCALL-11. NODE_DOWN, or what a call throws. */
  readonly ask: (
    node: NodeId,
    members: readonly MemberId[],
  ) => Promise<readonly { readonly member: MemberId; readonly keys: readonly AuthorDeviceKey[] }[]>
}

export interface AuthorKeys {
  /** Undefined for those whose node could never be asked. */
  of(authors: readonly AuthorKey[], fresh: boolean): Promise<ReadonlyMap<AuthorKey, readonly AuthorDeviceKey[]>>
  /** NCALL-11: of users of this node. */
  answer(members: readonly MemberId[]): { member: MemberId; keys: AuthorDeviceKey[] }[]
}

export const openAuthorKeys = async (
  { store, clock, accounts, userOf, ask }: AuthorKeysComponents,
  { nodeId }: { readonly nodeId: NodeId },
): Promise<AuthorKeys> => {
  const kept = await createRecords(store, 'author-keys', keptRecord)
  /** Questions under way, so that a hundred readers ask once. */
  const asking = new Map<AuthorKey, Promise<void>>()
  /** Unix ms of the last question about an author, answered or not. */
  const tried = new Map<AuthorKey, number>()

  const local = (member: MemberId): AuthorDeviceKey[] => {
    const user = userOf(member)
    return user === undefined ? [] : [...accounts.keys(user)]
  }

  const isDue = (author: AuthorKey, fresh: boolean): boolean => {
    const now = clock.now()
    const age = now - Math.max(kept.get(author)?.asked ?? 0, tried.get(author) ?? 0)
    return age < 0 || age > (fresh || !kept.has(author) ? limits.authorKeysAgainMs : limits.authorKeysAgeMs)
  }

  const keep = async (author: AuthorKey, keys: readonly AuthorDeviceKey[]): Promise<void> => {
    if (!kept.has(author) && kept.size >= limits.authorKeysKeptMax) {
      const [oldest] = kept.all()
      if (oldest !== undefined) await kept.delete(oldest[0])
    }
    await kept.put(author, { keys: [...keys], asked: clock.now() })
  }

  /** What is not told stays as it was: a node that forgets a key does not take back what was said under it. */
  const askNode = async (node: NodeId, members: readonly MemberId[]): Promise<void> => {
    for (const member of members) remember(tried, authorKey(node, member), clock.now())
    const people = await ask(node, members)
    const wanted = new Set(members)
    for (const { member, keys } of people) if (wanted.has(member)) await keep(authorKey(node, member), keys)
  }

  const askOnce = (node: NodeId, members: readonly MemberId[]): Promise<void> => {
    const authors = members.map((member) => authorKey(node, member))
    const running = askNode(node, members)
      .catch((error: unknown) => {
        // it is away, or cannot be understood: what was kept is told
        if (!(error instanceof HearthError)) throw error
      })
      .finally(() => authors.forEach((author) => asking.delete(author)))
    for (const author of authors) asking.set(author, running)
    return running
  }

  return {
    async of(authors, fresh) {
      const due = new Map<NodeId, MemberId[]>()
      const awaited = new Set<Promise<void>>()
      for (const author of authors) {
        const { node, member } = splitAuthor(author)
        const running = asking.get(author)
        if (running !== undefined) awaited.add(running)
        else if (node !== nodeId && isDue(author, fresh)) due.set(node, [...(due.get(node) ?? []), member])
      }
      for (const [node, members] of due) awaited.add(askOnce(node, members))
      await Promise.all(awaited)
      const found = new Map<AuthorKey, readonly AuthorDeviceKey[]>()
      for (const author of authors) {
        const { node, member } = splitAuthor(author)
        const keys = node === nodeId ? local(member) : kept.get(author)?.keys
        if (keys !== undefined) found.set(author, keys)
      }
      return found
    },
    answer: (members) =>
      members.flatMap((member) => (userOf(member) === undefined ? [] : [{ member, keys: local(member) }])),
  }
}

const remember = (tried: Map<AuthorKey, number>, author: AuthorKey, at: number): void => {
  tried.delete(author)
  tried.set(author, at)
  for (const oldest of tried.keys()) {
    if (tried.size <= limits.authorKeysKeptMax) break
    tried.delete(oldest)
  }
}
