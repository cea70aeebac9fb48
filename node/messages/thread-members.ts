/** Who follows a thread without having asked for it (MSGS-11): who began it, who answers, who is named in it. */
import { isAuthorKey, splitAuthor } from '../../spec/governance/names.ts'
import type { MemberId, NodeId, UserName } from '../../spec/ids.ts'
import type { Mention } from '../../spec/mentions.ts'
import type { Entry } from '../log/log.ts'
import type { MessageLog, MessageServers } from './components.ts'
import type { Follows, ThreadRef } from './follows.ts'

/** Takes an answer, in the order of arrival; twice does no more than once. Resolves after the fsync to who follows now. */
export type JoinThreads = (answer: Entry, at: ThreadRef, mentions: readonly Mention[]) => Promise<UserName[]>

export const createJoinThreads = (
  parts: {
    readonly log: Pick<MessageLog, 'entries'>
    readonly servers: Pick<MessageServers, 'userOf' | 'may'>
    readonly follows: Pick<Follows, 'join'>
    /** Is this not for the user to see (FRIEND-8)? */
    readonly isHidden: (user: UserName, answer: Entry) => boolean
  },
  { nodeId, knownMax = 10_000 }: { readonly nodeId: NodeId; readonly knownMax?: number },
): JoinThreads => {
  const { log, servers, follows, isHidden } = parts
  /** Threads whose first message was here: its author was asked once. */
  const known = new Set<string>()

  const userOf = (node: NodeId, member: MemberId): UserName | undefined =>
    node === nodeId ? servers.userOf(member) : undefined

  /** Whoever began it, with the first answer that finds the message here. */
  const starter = async ({ channel, thread }: ThreadRef): Promise<UserName | undefined> => {
    if (known.has(thread)) return undefined
    const [first] = await log.entries(channel, [thread])
    if (first === undefined) return undefined
    if (known.size >= knownMax) known.clear()
    known.add(thread)
    return userOf(first.node, first.member)
  }

  return async (answer, at, mentions) => {
    const joined: UserName[] = []
    const join = async (user: UserName, position: number): Promise<void> => {
      if (await follows.join(user, { ...at, position })) joined.push(user)
    }
    const author = userOf(answer.node, answer.member)
    // whoever answers has read what is above
    if (author !== undefined) await join(author, answer.position)
    const named = mentions.filter(isAuthorKey).map((mention) => splitAuthor(mention))
    const others = new Set([await starter(at), ...named.map(({ node, member }) => userOf(node, member))])
    for (const user of others) {
      if (user === undefined || user === author || isHidden(user, answer)) continue
      if (servers.may(user, at.channel, 'read')) await join(user, answer.position - 1)
    }
    return joined
  }
}
