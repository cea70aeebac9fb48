/** Who of this node is told of a message in `u/{user}/inbox` (MSGS-5, MSGS-11). */
import { HearthError } from '../../spec/errors.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { decodeMessage, type Message } from '../../spec/message.ts'
import { userTopic } from '../../spec/topics.ts'
import type { Friends } from '../friends/friends.ts'
import type { Entry } from '../log/log.ts'
import type { Render } from '../render.ts'
import type { InboxFanOut, MessageServers } from './components.ts'
import type { Follows } from './follows.ts'
import type { Look } from './judge.ts'
import { allowedMentions, isMeant } from './mentions.ts'
import { rootOf } from './states.ts'

export const createNotify = (
  parts: {
    readonly servers: MessageServers
    readonly fanOut: InboxFanOut
    readonly follows: Follows
    readonly present: () => readonly UserName[]
    readonly friends: Pick<Friends, 'hides'>
    readonly render: () => Render
  },
  { nodeId }: { readonly nodeId: NodeId },
): ((entry: Entry, look: Look) => void) => {
  const { servers, fanOut, follows, present, friends, render } = parts

  const tell = (entry: Entry, type: 'mention' | 'thread', users: ReadonlySet<UserName>, look: Look): void => {
    let payload: Uint8Array | undefined
    for (const user of users) {
      const topic = userTopic(user, 'inbox')
      if (!fanOut.hasSubscribers(topic) || !servers.may(user, entry.channel, 'read')) continue
      if (friends.hides(user, entry)) continue
      payload ??= payloadOf(entry, type, look)
      if (payload === undefined) return
      fanOut.publish({ topic, payload, qos: 1, contentType: 'application/json' })
    }
  }

  const payloadOf = (entry: Entry, type: string, look: Look): Uint8Array | undefined => {
    const rendered = render()(entry, look.shown(entry))
    return rendered && Buffer.from(`{"type":"${type}","event":${rendered.json}}`)
  }

  /** Those who are connected; what the others missed is for their inbox to say. */
  const mentioned = (entry: Entry, message: Message): ReadonlySet<UserName> => {
    const mentions = allowedMentions(message.mentions ?? [], () => servers.countsFor(entry, 'mentionEveryone'))
    const server = servers.channel(entry.channel)?.server
    if (mentions.length === 0 || server === undefined) return nobody
    return new Set(
      present().filter((user) => {
        const member = servers.memberOf(user, server)
        return member !== undefined && member.member !== entry.member && isMeant(mentions, member)
      }),
    )
  }

  return (entry, look) => {
    if (entry.type !== 'msg' || entry.body === undefined) return
    const root = rootOf(entry)
    const message = entry.body[0] === withMentions ? decoded(entry.body) : undefined
    if ((root === undefined && message === undefined) || !servers.covers(entry)) return
    const author = entry.node === nodeId ? servers.userOf(entry.member) : undefined
    const mentions = message === undefined ? nobody : mentioned(entry, message)
    tell(entry, 'mention', mentions, look)
    if (root === undefined) return
    if (author !== undefined) follows.answered(author, root)
    const others = follows.followers(root).filter((user) => user !== author && !mentions.has(user))
    tell(entry, 'thread', new Set(others), look)
  }
}

/** The head of an array of seven: only such messages mention somebody (MSG-1). */
const withMentions = 0x87

const nobody: ReadonlySet<UserName> = new Set()

const decoded = (body: Uint8Array): Message | undefined => {
  try {
    return decodeMessage(body)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}
