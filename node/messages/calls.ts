/** `message.*` and `pin.list`: what members do with messages that are there. */
import type { z } from 'zod'
import type { Annotation, MessageState } from '../../spec/annotations.ts'
import type { CallSpec } from '../../spec/calls/call.ts'
import { messageDelete } from '../../spec/calls/message.delete.ts'
import { messageEdit } from '../../spec/calls/message.edit.ts'
import { messageForward } from '../../spec/calls/message.forward.ts'
import { messageHistory } from '../../spec/calls/message.history.ts'
import { messagePin } from '../../spec/calls/message.pin.ts'
import { messageReact } from '../../spec/calls/message.react.ts'
import { messageUnpin } from '../../spec/calls/message.unpin.ts'
import { messageUnreact } from '../../spec/calls/message.unreact.ts'
import { pinList } from '../../spec/calls/pin.list.ts'
import { isAnnotationType } from '../../spec/annotations.ts'
import { customName, unicodeEmoji } from '../../spec/emoji.ts'
import { HearthError } from '../../spec/errors.ts'
import { eventIdStamp } from '../../spec/event-id.ts'
import { authorKey } from '../../spec/governance/names.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { decodeMessage, type Message } from '../../spec/message.ts'
import type { Permission } from '../../spec/permissions.ts'
import { relationKinds } from '../../spec/relations.ts'
import { checkText, textFault } from '../../spec/text.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Friends } from '../friends/friends.ts'
import type { Ingest } from '../ingest.ts'
import type { Entry } from '../log/log.ts'
import type { Principal } from '../principal.ts'
import type { ChannelInfo } from '../servers/servers.ts'
import { createTurns } from './turns.ts'
import type { MessageLog, MessageServers } from './components.ts'
import { resolveMentions } from './mentions.ts'
import { annotationOf, authorOf } from './noted.ts'
import { allIds, findChannelOf, requireRead, type Finding } from './places.ts'
import type { ShowTo } from './open-messages.ts'
import type { States } from './states.ts'

export interface MessageCallsParts {
  readonly log: MessageLog
  readonly servers: MessageServers & Finding
  readonly states: States
  readonly ingest: Ingest
  readonly show: ShowTo
  /** Whom a reader does not hear (FRIEND-8). */
  readonly friends: Pick<Friends, 'hides'>
}

/** A message that somebody wants to do something with. */
interface Picked {
  readonly channel: ChannelInfo
  readonly message: Entry
  readonly state: MessageState
  readonly isOwn: boolean
}

export const messageCalls = (parts: MessageCallsParts): CallHandler[] => {
  const { log, servers, states, ingest, show, friends } = parts
  const inTurn = createTurns()

  /** NOT_FOUND: no such channel or message, it is deleted, or not for this reader. */
  const pick = async (principal: Principal, name: string, target: EventId): Promise<Picked> => {
    const channel = findChannelOf(servers, principal.user, name)
    requireRead(ingest, principal, channel.id)
    const [message] = await log.entries(channel.id, [target])
    if (message === undefined || isAnnotationType(message.type) || !servers.covers(message)) throw noMessage()
    const state = await states.one(message)
    if (message.body === undefined || state.deletedBy !== undefined) throw noMessage()
    const me = servers.memberOf(principal.user, channel.server)
    const isOwn = me !== undefined && authorKey(me.node, me.member) === authorOf(message)
    return { channel, message, state, isOwn }
  }

  const annotate = async (
    principal: Principal,
    channel: ChannelId,
    annotation: Annotation,
    permission: Permission = 'send',
  ): Promise<{ id: EventId }> => {
    const outcome = await ingest.annotate(principal, channel, annotation, permission)
    if (!outcome.ok) throw new HearthError(outcome.code, outcome.reason)
    return { id: outcome.value.entry.id }
  }

  /** What a member does with one message is done in turn, so that what is so already is not said again. */
  const act = <I extends z.ZodType<{ channel: string; target: EventId }>>(
    spec: CallSpec<I, z.ZodType<{ id?: EventId | undefined }>>,
    run: (principal: Principal, picked: Picked, input: z.output<I>) => Promise<{ id?: EventId }> | { id?: EventId },
  ): CallHandler =>
    answer(spec, (principal, input) =>
      inTurn(`${principal.user} ${input.target}`, async () =>
        run(principal, await pick(principal, input.channel, input.target), input),
      ),
    )

  const pinned = async (
    channel: ChannelId,
  ): Promise<{ messages: Entry[]; shown: Awaited<ReturnType<States['of']>> }> => {
    const range = { ...allIds, reverse: true, limit: limits.historyScanMax }
    const targets = await log.targets(channel, relationKinds.pin, range)
    const entries = await log.entries(channel, targets)
    const shown = await states.ofEach(channel, entries)
    return { messages: entries.filter(({ id }) => shown.get(id)?.state.pinned), shown }
  }

  const react =
    (type: 'react' | 'unreact') =>
    async (principal: Principal, { channel, message, state }: Picked, input: { emoji: string }) => {
      const emoji =
        type === 'react' ? knownEmoji(servers, channel, input.emoji) : (unicodeEmoji(input.emoji) ?? input.emoji)
      const me = servers.memberOf(principal.user, channel.server)
      const reaction = state.reactions.find((one) => one.emoji === emoji)
      const isSo = me !== undefined && reaction?.authors.includes(authorKey(me.node, me.member)) === true
      if (isSo === (type === 'react')) return {}
      if (type === 'react' && reaction === undefined && state.reactions.length >= limits.reactionsPerMessageMax) {
        throw new HearthError('QUOTA', `a message has at most ${limits.reactionsPerMessageMax} different reactions`)
      }
      return annotate(principal, channel.id, { type, target: message.id, emoji })
    }

  return [
    act(messageEdit, async (principal, { channel, message, state, isOwn }, { body: text, signature }) => {
      if (!isOwn) throw new HearthError('NOT_ALLOWED', 'it is not your message')
      if (message.type !== 'msg') throw noMessage()
      const fault = checkText(text)
      if (fault !== undefined) throw new HearthError(fault, textFault(fault))
      if (text === (state.edit?.text ?? textOf(message))) return {}
      const versions = await editsOf(log, message)
      if (versions.length >= limits.editsPerMessageMax) {
        throw new HearthError('QUOTA', `a message is edited at most ${limits.editsPerMessageMax} times`)
      }
      const mentions = resolveMentions(servers, { user: principal.user, channel: channel.id, text })
      const edit = { type: 'edit' as const, target: message.id, text, mentions }
      return annotate(principal, channel.id, signature === undefined ? edit : { ...edit, signature })
    }),
    act(messageDelete, (principal, { channel, message, isOwn }) =>
      annotate(principal, channel.id, { type: 'delete', target: message.id }, isOwn ? 'send' : 'manageMessages'),
    ),
    act(messageReact, react('react')),
    act(messageUnreact, react('unreact')),
    act(messagePin, async (principal, { channel, message, state }) => {
      if (state.pinned) return {}
      const { messages } = await pinned(channel.id)
      if (messages.length >= limits.pinsPerChannelMax) {
        throw new HearthError('QUOTA', `a channel has at most ${limits.pinsPerChannelMax} pins`)
      }
      return annotate(principal, channel.id, { type: 'pin', target: message.id }, 'manageMessages')
    }),
    act(messageUnpin, (principal, { channel, message, state }) =>
      state.pinned ? annotate(principal, channel.id, { type: 'unpin', target: message.id }, 'manageMessages') : {},
    ),
    answer(messageHistory, async (principal, { channel, target }) => {
      const { message } = await pick(principal, channel, target)
      const first = textOf(message)
      const isHeard = (entry: Entry): boolean => !friends.hides(principal.user, entry)
      if (first === undefined || !isHeard(message)) throw noMessage()
      const edits = (await editsOf(log, message)).filter((edit) => servers.covers(edit) && isHeard(edit))
      return {
        versions: [
          { id: message.id, time: timeOf(message), body: first },
          ...edits.flatMap((edit) => {
            const annotation = annotationOf(edit)
            return annotation?.type === 'edit' ? [{ id: edit.id, time: timeOf(edit), body: annotation.text }] : []
          }),
        ],
      }
    }),
    answer(messageForward, async (principal, { channel, target, to }) => {
      const { channel: from, message, state } = await pick(principal, channel, target)
      const said = messageOf(message)
      if (said === undefined) throw noMessage()
      const outcome = await ingest.submit(principal, findChannelOf(servers, principal.user, to).id, {
        clientMessageId: undefined,
        text: state.edit?.text ?? said.text,
        replyTo: undefined,
        thread: undefined,
        forwarded: said.forwarded ?? {
          channel: from.id,
          event: message.id,
          author: servers.authorOf(message.node, message.member).address,
        },
      })
      if (!outcome.ok) throw new HearthError(outcome.code, outcome.reason)
      return { id: outcome.value.entry.id }
    }),
    answer(pinList, async (principal, { channel: name }) => {
      const channel = findChannelOf(servers, principal.user, name)
      requireRead(ingest, principal, channel.id)
      const { messages, shown } = await pinned(channel.id)
      return { events: show(principal.user, messages, shown) }
    }),
  ]
}

/** MSGS-12: `:name:` of this server, or an emoji. Throws BAD_REQUEST, NOT_FOUND. */
const knownEmoji = (servers: Pick<MessageServers, 'emoji'>, { server }: ChannelInfo, text: string): string => {
  const name = customName(text)
  if (name !== undefined) {
    if (servers.emoji(server).has(name)) return text
    throw new HearthError('NOT_FOUND', `the server has no emoji ${text}`)
  }
  const emoji = unicodeEmoji(text)
  if (emoji === undefined) throw new HearthError('BAD_REQUEST', 'emoji: is neither an emoji nor :name:')
  return emoji
}

/** Those of its author, ascending; at most the newest `limits.editsPerMessageMax`. */
const editsOf = async (log: Pick<MessageLog, 'related' | 'entries'>, message: Entry): Promise<Entry[]> => {
  const rows = await log.related(message.channel, relationKinds.annotation, { from: message.id, to: message.id })
  const entries = await log.entries(
    message.channel,
    rows.map(({ id }) => id),
  )
  return entries
    .filter((entry) => entry.type === 'edit' && authorOf(entry) === authorOf(message))
    .slice(-limits.editsPerMessageMax)
}

const messageOf = ({ type, body }: Entry): Message | undefined => {
  if (type !== 'msg' || body === undefined) return undefined
  try {
    return decodeMessage(body)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

const textOf = (message: Entry): string | undefined => messageOf(message)?.text

const timeOf = ({ id }: Entry): number => eventIdStamp(id).ms

const noMessage = (): HearthError => new HearthError('NOT_FOUND', 'there is no such message')
