/** How clients read a stored event: the JSON of `events` and of history (MSG-5), the text of `lines` (TOPIC-5). */
import { HearthError } from '../spec/errors.ts'
import { eventIdStamp } from '../spec/event-id.ts'
import { isAnnotationType, type MessageState, type Reaction } from '../spec/annotations.ts'
import { isAuthorKey, splitAuthor, type AuthorKey } from '../spec/governance/names.ts'
import { isNodeId, isServerId } from '../spec/identifiers.ts'
import type { ChannelId, MemberId, NodeId } from '../spec/ids.ts'
import { plainText } from '../spec/markdown.ts'
import { isForAll, type Mention } from '../spec/mentions.ts'
import { decodeMessage, type MentionJson, type Message } from '../spec/message.ts'
import type { Entry } from './log/log.ts'
import { annotationOf } from './messages/noted.ts'
import type { Shown } from './messages/states.ts'
import type { Questions } from './servers/servers.ts'

export interface Rendered {
  /** JSON text of an `EventJson`. */
  readonly json: string
  /** `alice@home: hello`; undefined for what has no text. Made when it is read: few listen to `lines`. */
  readonly line: string | undefined
  readonly author: string
}

export interface Render {
  /**
   * Undefined: not for clients (a governance event, an unknown channel, hidden behind a cut: GOV-13, or the rest of an edit
   * that was redacted). `shown`: a message as it is now, instead of as it was said.
   */
  (entry: Entry, shown?: Shown, reader?: AuthorKey): Rendered | undefined
  /** Names and addresses may have changed. */
  forget(): void
}

export interface RenderInit {
  /** What this node is called on `lines`, where an address without a domain would hold its 52-character id. */
  readonly nodeName: { readonly id: NodeId; readonly name: string }
  readonly keptMax?: number
}

interface KnownAuthor {
  readonly json: string
  readonly address: string
  readonly shown: string
}

interface Sources extends Pick<Questions, 'channel' | 'authorOf' | 'covers'> {
  /** A delete of the message is here, its body is not gone yet. */
  readonly isDeleted?: (message: Entry) => boolean
}

/**
 * On the path of each message, so the parts that repeat (channel, server, author) are kept as JSON text; at most
 * `keptMax` of each, then all are forgotten.
 */
export const createRender = (servers: Sources, { nodeName, keptMax = 10_000 }: RenderInit): Render => {
  const channels = new Map<ChannelId, string>()
  const authors = new Map<NodeId, Map<MemberId, KnownAuthor>>()
  let authorsKept = 0

  const channelJson = (id: ChannelId): string | undefined => {
    const kept = channels.get(id)
    if (kept !== undefined) return kept
    const channel = servers.channel(id)
    if (channel === undefined) return undefined
    const json = `"channel":"${id}"` + (isServerId(channel.server) ? `,"server":"${channel.server}"` : '')
    if (channels.size >= keptMax) channels.clear()
    channels.set(id, json)
    return json
  }
  const authorOf = (node: NodeId, member: MemberId): KnownAuthor => {
    const kept = authors.get(node)?.get(member)
    if (kept !== undefined) return kept
    const { address, name } = servers.authorOf(node, member)
    const author = { json: JSON.stringify({ member, address, name }), address, shown: shownAddress(address, nodeName) }
    if (authorsKept >= keptMax) forgetAuthors()
    const ofNode = authors.get(node) ?? new Map<MemberId, KnownAuthor>()
    authors.set(node, ofNode.set(member, author))
    authorsKept++
    return author
  }
  const forgetAuthors = (): void => {
    authors.clear()
    authorsKept = 0
  }

  const render: (...input: Parameters<Render>) => Rendered | undefined = (entry, shown, reader) => {
    const place = channelJson(entry.channel)
    if (place === undefined || !servers.covers(entry)) return undefined
    const author = authorOf(entry.node, entry.member)
    const content = contentOf(entry, shown, reader)
    if (content === undefined) return undefined
    const json =
      `{"id":"${entry.id}","type":"${entry.type}",${place},"position":${entry.position},` +
      `"time":${eventIdStamp(entry.id).ms},"author":${author.json}${content.json}}`
    return {
      json,
      get line() {
        return content.text === undefined ? undefined : `${author.shown}: ${oneLine(plainText(content.text))}`
      },
      author: author.address,
    }
  }

  const contentOf = (entry: Entry, shown: Shown | undefined, reader: AuthorKey | undefined): Content | undefined => {
    if (isAnnotationType(entry.type)) return annotationContent(entry)
    if (entry.type !== 'msg') return unsupported
    const asOf = shown === undefined ? '' : `,"asOf":${shown.state.asOf}`
    const replies = shown?.replies === undefined ? '' : `,"replies":${JSON.stringify(shown.replies)}`
    const isDeleted = entry.body === undefined || shown?.state.deletedBy !== undefined || servers.isDeleted?.(entry)
    if (isDeleted === true) return { json: `,"deleted":true${replies}${asOf}`, text: undefined }
    const message = messageOf(entry)
    if (message === undefined) return unsupported
    const edit = shown?.state.edit
    const now = edit === undefined ? message : edited(message, edit)
    const state = shown === undefined ? '' : stateJson(shown.state, reader) + replies + asOf
    return { json: messageJson(now) + mentionsJson(now.mentions) + state, text: now.text }
  }

  const annotationContent = (entry: Entry): Content | undefined => {
    const annotation = annotationOf(entry)
    if (annotation === undefined) return undefined
    const target = `,"target":"${annotation.target}"`
    switch (annotation.type) {
      case 'edit':
        return {
          json:
            `${target},"body":${JSON.stringify(annotation.text)}` +
            mentionsJson(annotation.mentions) +
            signatureJson(annotation.signature),
          text: undefined,
        }
      case 'react':
      case 'unreact':
        return { json: `${target},"emoji":${JSON.stringify(annotation.emoji)}`, text: undefined }
      case 'delete':
      case 'pin':
      case 'unpin':
        return { json: target, text: undefined }
    }
  }

  const mentionsJson = (mentions: readonly Mention[] = []): string =>
    mentions.length === 0 ? '' : `,"mentions":[${mentions.map(mentionText).join(',')}]`

  const mentionText = (mention: Mention): string => {
    if (isForAll(mention)) return JSON.stringify({ all: mention } satisfies MentionJson)
    if (!isAuthorKey(mention)) return JSON.stringify({ role: mention } satisfies MentionJson)
    const { node, member } = splitAuthor(mention)
    return authorOf(node, member).json
  }

  return Object.assign(render, {
    forget: () => {
      channels.clear()
      forgetAuthors()
    },
  })
}

interface Content {
  /** Fields, each with a comma before it. */
  readonly json: string
  /** What `lines` shows. */
  readonly text: string | undefined
}

/** MSGS-16: kept and shown, never dropped. */
const unsupported: Content = { json: ',"unsupported":true', text: undefined }

/** Undefined for what does not decode. */
const messageOf = ({ body }: Entry): Message | undefined => {
  if (body === undefined) return undefined
  try {
    return decodeMessage(body)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

/** MSGS-7 */
const stateJson = ({ edit, pinned, reactions }: MessageState, reader: AuthorKey | undefined): string =>
  (edit === undefined ? '' : `,"edited":${eventIdStamp(edit.id).ms}`) +
  (pinned ? ',"pinned":true' : '') +
  (reactions.length === 0 ? '' : `,"reactions":${JSON.stringify(reactions.map((one) => reactionJson(one, reader)))}`)

const reactionJson = ({ emoji, authors }: Reaction, reader: AuthorKey | undefined) => ({
  emoji,
  count: authors.length,
  ...(reader !== undefined && authors.includes(reader) && { me: true as const }),
})

/** SIGN-2: the text of the edit stands, with its signature or with none. */
const edited = ({ signature: _first, ...message }: Message, edit: NonNullable<MessageState['edit']>): Message => ({
  ...message,
  text: edit.text,
  mentions: edit.mentions,
  ...(edit.signature !== undefined && { signature: edit.signature }),
})

const signatureJson = (signature: Message['signature']): string =>
  signature === undefined ? '' : `,"signature":{"key":"${signature.key}","value":"${signature.value}"}`

const messageJson = ({ text, clientMessageId, replyTo, thread, forwarded, signature }: Message): string =>
  `,"body":${JSON.stringify(text)}` +
  (clientMessageId === undefined ? '' : `,"clientId":${JSON.stringify(clientMessageId)}`) +
  (replyTo === undefined ? '' : `,"replyTo":"${replyTo}"`) +
  (thread === undefined ? '' : `,"thread":"${thread}"`) +
  (forwarded === undefined ? '' : `,"forwarded":${JSON.stringify(forwarded)}`) +
  signatureJson(signature)

/** Of a node without a domain: this one by its name, another by the beginning of its id. */
const shownAddress = (address: string, own: RenderInit['nodeName']): string => {
  const at = address.lastIndexOf('@')
  const node = address.slice(at + 1)
  if (at < 0 || !isNodeId(node)) return address
  return `${address.slice(0, at)}@${node === own.id ? own.name : node.slice(0, 8)}`
}

/** A text of several lines stays one message on `lines`: the rest is indented by a tab. */
const oneLine = (text: string): string => (text.includes('\n') ? text.replaceAll(/\r?\n/g, '\n\t') : text)
