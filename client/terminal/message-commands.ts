/** `/edit`, `/delete`, `/react`, `/reply`: what is done to a message that is on the screen. */
import { messageDelete } from '../../spec/calls/message.delete.ts'
import { messageEdit } from '../../spec/calls/message.edit.ts'
import { messageReact } from '../../spec/calls/message.react.ts'
import { messageUnreact } from '../../spec/calls/message.unreact.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { EventJson, Session } from '../sdk/index.ts'

export interface MessageContext {
  readonly session: Session
  readonly channel: ChannelId | undefined
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
  { session, channel, argument }: MessageContext,
  whose: Whose,
): { readonly message: EventJson; readonly channel: ChannelId; readonly rest: string } | undefined => {
  if (channel === undefined) return undefined
  const [, number, rest = ''] = /^(?:\^(\d{1,4})(?:\s+|$))?([^]*)$/.exec(argument) ?? []
  const messages = session
    .timeline(channel)
    .events()
    .filter(({ type, deleted }) => type === 'msg' && deleted !== true)
  const message =
    number === undefined
      ? messages.findLast((one) => session.isOwn(one) === (whose === 'own'))
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
      void context.session.send(found.channel, found.rest, { replyTo: found.message.id })
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
