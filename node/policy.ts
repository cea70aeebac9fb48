/** What the MQTT door may let through (spec/topics.md): who connects, what they subscribe, what becomes of what they publish. */
import type { Connected, InboundMessage, OutboundMessage, Outcome, Policy } from '../broker/components.ts'
import { HearthError, type ErrorCode } from '../spec/errors.ts'
import { filterScope } from '../spec/filters.ts'
import type { ChannelId, UserName } from '../spec/ids.ts'
import { decodeJson } from '../spec/json.ts'
import { parseSend, type Message } from '../spec/message.ts'
import type { Person } from '../spec/person.ts'
import { presenceChoice } from '../spec/presence.ts'
import { decodeText } from '../spec/text.ts'
import {
  parseDeliveryTopic,
  parsePublishTopic,
  userTopic,
  type ChannelName,
  type CommandKind,
  type PublishTopic,
} from '../spec/topics.ts'
import type { Accounts } from './accounts/accounts.ts'
import type { CallTable } from './call-table.ts'
import type { Friends } from './friends/friends.ts'
import type { Inbox } from './inbox/create-inbox.ts'
import type { Ingest } from './ingest.ts'
import type { Presence } from './presence/presence.ts'
import type { Principal } from './principal.ts'
import type { Questions } from './servers/servers.ts'

/** Who is behind an MQTT connection. */
export interface Login {
  readonly principal: Principal
  /** Before 5 a PUBACK cannot refuse, so refusals go to `u/{user}/errors`. */
  readonly protocolVersion: 3 | 4 | 5
}

export interface PolicyComponents {
  readonly accounts: Pick<Accounts, 'login'>
  readonly servers: Pick<Questions, 'channelByHandles' | 'serverByHandle' | 'memberOf' | 'may'>
  readonly friends: Pick<Friends, 'mayAskPresence' | 'maySeePresence' | 'mayAskPerson' | 'maySeePerson'>
  /** People of other nodes by address: whom it names, and whose presence goes out under it. */
  readonly presenceAway: {
    personNamed(address: string): Person | undefined
    personAt(address: string): Person | undefined
  }
  readonly ingest: Ingest
  readonly calls: CallTable
  readonly presence: Pick<Presence, 'choose' | 'connected' | 'disconnected'>
  readonly inbox: Pick<Inbox, 'connected'>
  readonly typing: (principal: Principal, channel: ChannelId) => void
  readonly publish: (message: OutboundMessage) => void
}

export const createPolicy = (components: PolicyComponents): Policy<Login> => {
  const { accounts, servers, friends, ingest, calls, presence, presenceAway, inbox, typing, publish } = components
  const topicOf = keepParsed()

  const idOf = (name: ChannelName): ChannelId | undefined =>
    name.by === 'id' ? name.id : servers.channelByHandles(name.server, name.channel)?.id

  const command = (
    login: Login,
    kind: CommandKind,
    name: ChannelName,
    payload: Uint8Array,
  ): Promise<Outcome<unknown>> => {
    const channel = idOf(name)
    if (channel === undefined) return Promise.resolve(refuse('NOT_FOUND', 'there is no such channel'))
    if (kind === 'typing') {
      const allowed = ingest.allows(login.principal, channel, 'send')
      if (allowed.ok) typing(login.principal, channel)
      return Promise.resolve(allowed)
    }
    return ingest.submit(login.principal, channel, messageOf(kind, payload))
  }

  const call = async ({ principal }: Login, method: string, message: InboundMessage): Promise<Outcome<void>> => {
    const reply = await calls.answer(principal, method, message.payload)
    const topic = message.responseTopic ?? userTopic(principal.user, 'reply')
    publish({
      topic,
      payload: Buffer.from(JSON.stringify(reply)),
      qos: 1,
      contentType: 'application/json',
      ...(message.correlationData !== undefined && { correlationData: message.correlationData }),
    })
    return done
  }

  const act = (login: Login, topic: PublishTopic, message: InboundMessage): Promise<Outcome<unknown>> => {
    const me = login.principal.user
    switch (topic.kind) {
      case 'presence':
        if (topic.user !== me) return Promise.resolve(refuse('NOT_ALLOWED', 'only your own presence is yours to set'))
        return presence
          .choose(me, login.principal.device, presenceChoice.parse(decodeJson(message.payload)))
          .then(() => done, refusalOf)
      case 'call':
        if (topic.user !== me) return Promise.resolve(refuse('NOT_ALLOWED', `calls go to u/${me}/call/…`))
        if (!isOwnReply(me, message.responseTopic)) {
          return Promise.resolve(refuse('TOPIC_INVALID', `the Response Topic is u/${me}/reply or below it`))
        }
        return call(login, topic.method, message)
      case 'send':
      case 'say':
      case 'typing':
        return command(login, topic.kind, topic.channel, message.payload)
    }
  }

  const tell = (login: Login, message: InboundMessage, { code, reason }: Refusal): void => {
    if (login.protocolVersion === 5 && message.qos > 0) return
    const { user, device } = login.principal
    publish({
      topic: userTopic(user, 'errors'),
      payload: Buffer.from(JSON.stringify({ code, message: reason, topic: message.topic, device })),
      qos: 1,
      contentType: 'application/json',
    })
  }

  return {
    connect: async (request) => {
      const login = await accounts.login(request)
      if (!login.ok) return login
      const { principal, sessionKey } = login.value
      if (request.will !== undefined && request.will.topic !== userTopic(principal.user, 'presence')) {
        return refuse('WILL_REFUSED', `a will may only go to u/${principal.user}/presence`)
      }
      return {
        ok: true,
        value: { principal: { principal, protocolVersion: request.protocolVersion }, sessionKey },
      } satisfies Outcome<Connected<Login>>
    },
    subscribe: ({ principal }, filter) => {
      const scope = filterScope(filter, principal.user)
      switch (scope.kind) {
        case 'refused':
          return refuse('FILTER_REFUSED', scope.reason)
        case 'channel':
          return granted(ingest.allows(principal, scope.channel, 'read').ok)
        case 'server': {
          const server = servers.serverByHandle(scope.server)
          if (server === undefined || servers.memberOf(principal.user, server.id) === undefined) return granted(false)
          if (scope.channel === undefined) return granted(principal.scope?.read !== false)
          const channel = servers.channelByHandles(scope.server, scope.channel)
          return granted(channel !== undefined && ingest.allows(principal, channel.id, 'read').ok)
        }
        case 'own':
          return done
        case 'presenceAt': {
          const person = presenceAway.personNamed(scope.address)
          const mayAsk = person !== undefined && friends.mayAskPerson(principal.user, person)
          return granted(principal.scope === undefined && mayAsk)
        }
        case 'presence':
          return granted(
            scope.user === undefined ||
              scope.user === principal.user ||
              (principal.scope === undefined && friends.mayAskPresence(principal.user, scope.user)),
          )
      }
    },
    canReceive: ({ principal }, topic) => {
      const parsed = parseDeliveryTopic(topic)
      if (parsed === undefined) return false
      switch (parsed.kind) {
        case 'events':
        case 'lines':
        case 'typing': {
          const channel = idOf(parsed.channel)
          return channel !== undefined && mayRead(servers, principal, channel)
        }
        case 'presence':
          return (
            parsed.user === principal.user ||
            (principal.scope === undefined && friends.maySeePresence(principal.user, parsed.user))
          )
        case 'presenceAt': {
          const person = presenceAway.personAt(parsed.address)
          const maySee = person !== undefined && friends.maySeePerson(principal.user, person)
          return principal.scope === undefined && maySee
        }
        case 'inbox':
        case 'errors':
        case 'reply':
          return parsed.user === principal.user
      }
    },
    publish: (login, message) => {
      const outcome = attempt(() => {
        const topic = topicOf(message.topic)
        if (topic === undefined) return Promise.resolve(refuse('TOPIC_INVALID', `${message.topic} takes no messages`))
        if (message.retain && topic.kind !== 'presence') return Promise.resolve(refuse('RETAIN_REFUSED'))
        return act(login, topic, message)
      })
      return outcome.then((result) => {
        if (result.ok) return done
        tell(login, message, result)
        return result
      })
    },
    connected: ({ principal }) => {
      presence.connected(principal.user, principal.device)
      inbox.connected(principal.user)
    },
    disconnected: ({ principal }) => presence.disconnected(principal.user, principal.device),
  }
}

type Refusal = Extract<Outcome<never>, { ok: false }>

const done: Outcome<void> = { ok: true, value: undefined }

const refuse = (code: ErrorCode, reason?: string): Refusal => ({
  ok: false,
  code,
  reason: reason ?? new HearthError(code).message,
})

/** One sentence for what does not exist and for what may not be seen: TOPIC-11. */
const granted = (isGranted: boolean): Outcome<void> =>
  isGranted ? done : refuse('FILTER_REFUSED', 'there is no such topic, or you may not read it')

const mayRead = (servers: Pick<Questions, 'may'>, { user, scope }: Principal, channel: ChannelId): boolean =>
  (scope === undefined || (scope.read && scope.channels?.includes(channel) !== false)) &&
  servers.may(user, channel, 'read')

const messageOf = (kind: 'send' | 'say', payload: Uint8Array): Message =>
  kind === 'send'
    ? parseSend(decodeJson(payload))
    : { clientMessageId: undefined, text: decodeText(payload), replyTo: undefined, thread: undefined }

const isOwnReply = (me: UserName, topic: string | undefined): boolean =>
  topic === undefined ||
  topic === `u/${me}/reply` ||
  (topic.startsWith(`u/${me}/reply/`) && parseDeliveryTopic(topic) !== undefined)

const refusalOf = (error: unknown): Refusal => {
  if (error instanceof HearthError) return refuse(error.code, error.message)
  throw error
}

/** What a decoder throws is a refusal like any other. */
const attempt = (run: () => Promise<Outcome<unknown>>): Promise<Outcome<unknown>> => {
  try {
    return run()
  } catch (error) {
    if (error instanceof HearthError) return Promise.resolve(refuse(error.code, error.message))
    if (error instanceof Error && error.name === 'ZodError') return Promise.resolve(refuse('BAD_REQUEST'))
    throw error
  }
}

/** A client publishes to few topics many times: parsed ones are kept, at most `keptMax`, then all are forgotten. */
const keepParsed = (keptMax = 10_000): ((topic: string) => PublishTopic | undefined) => {
  const kept = new Map<string, PublishTopic | undefined>()
  return (topic) => {
    const known = kept.get(topic)
    if (known !== undefined) return known
    const parsed = parsePublishTopic(topic)
    if (parsed === undefined) return undefined
    if (kept.size >= keptMax) kept.clear()
    kept.set(topic, parsed)
    return parsed
  }
}
