/** `/edit`, `/delete`, `/react`, `/reply`, `/thread`: what is done to a message that is on the screen. */
import { messageDelete } from '../../spec/calls/message.delete.ts'
import { messageEdit } from '../../spec/calls/message.edit.ts'
import { messageReact } from '../../spec/calls/message.react.ts'
import { messageUnreact } from '../../spec/calls/message.unreact.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { EventJson, Session } from '../sdk/index.ts'

export interface MessageContext {
  readonly session: Session
  readonly channel: ChannelId | undefined
  /** First message of the open thread. */
  readonly thread: EventId | undefined
  /** Those on this page, ascending. */
  readonly messages: readonly EventJson[]
  readonly openThread: (thread: EventId) => Promise<void>
  readonly argument: string
}

interface MessageCommand {
  readonly usage: string
  readonly summary: string
  run(context: MessageContext): Promise<readonly string[]> | readonly string[]
}

/** Whose message is meant when no `^N` says which. */
type Whose = 'own' | 'others'

/** The N-th message from below with `^N`, otherwise the last of that kind; and what follows. */
const pick = (
  { session, channel, messages: all, argument }: MessageContext,
  whose: Whose | 'any',
): { readonly message: EventJson; readonly channel: ChannelId; readonly rest: string } | undefined => {
  if (channel === undefined) return undefined
  const [, number, rest = ''] = /^(?:\^(\d{1,4})(?:\s+|$))?([^]*)$/.exec(argument) ?? []
  const messages = all.filter(({ type, deleted }) => type === 'msg' && deleted !== true)
  const message =
    number === undefined
      ? messages.findLast((one) => whose === 'any' || session.isOwn(one) === (whose === 'own'))
      : messages.at(-Number(number))
  return message === undefined ? undefined : { message, channel, rest }
}

const nothing = ['there is no such message here; ^2 means the second from below']

export const messageCommands: Readonly<Record<string, MessageCommand>> = {
  reply: {
    usage: '/reply [^N] TEXT',
    summary: 'answer the last message of others, or the N-th from below',
    run: (context) => {
      const found = pick(context, 'others')
      if (found === undefined) return nothing
      if (found.rest === '') return ['say what: /reply TEXT']
      const { thread } = context
      const within = thread === undefined ? {} : { thread }
      void context.session.send(found.channel, found.rest, { replyTo: found.message.id, ...within })
      return []
    },
  },
  thread: {
    usage: '/thread [^N]',
    summary: 'open the thread of the last message, or of the N-th from below; Esc closes it',
    run: async (context) => {
      const answered = context.messages.findLast(({ replies }) => replies !== undefined)
      const found = pick(context, 'any')
      const root = context.argument === '' && answered !== undefined ? answered : found?.message
      if (root === undefined) return nothing
      await context.openThread(root.id)
      return []
    },
  },
  react: {
    usage: '/react [^N] 👍',
    summary: 'react with an emoji or :name:, or take it back',
    run: async (context) => {
      const found = pick(context, 'others')
      if (found === undefined) return nothing
      const { message, channel, rest: emoji } = found
      if (emoji === '') return ['say with what: /react 👍']
      const isOn = message.reactions?.some((one) => one.emoji === emoji && one.me === true) === true
      await context.session.call(isOn ? messageUnreact : messageReact, { channel, target: message.id, emoji })
      return []
    },
  },
  edit: {
    usage: '/edit [^N] TEXT',
    summary: 'change your last message, or the N-th from below',
    run: async (context) => {
      const found = pick(context, 'own')
      if (found === undefined) return nothing
      if (found.rest === '') return ['say how: /edit TEXT']
      await context.session.call(messageEdit, {
        channel: found.channel,
        target: found.message.id,
        body: found.rest,
      })
      return []
    },
  },
  delete: {
    usage: '/delete [^N]',
    summary: 'delete your last message, or the N-th from below',
    run: async (context) => {
      const found = pick(context, 'own')
      if (found === undefined) return nothing
      await context.session.call(messageDelete, { channel: found.channel, target: found.message.id })
      return []
    },
  },
}
