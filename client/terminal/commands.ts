import { dmOpen } from '../../spec/calls/dm.open.ts'
import { inboxList } from '../../spec/calls/inbox.list.ts'
import { serverJoin } from '../../spec/calls/server.join.ts'
import { who } from '../../spec/calls/who.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { Session } from '../sdk/index.ts'
import { cleanLine } from './clean-text.ts'
import { inviteCode } from './invite-code.ts'
import { peopleCommands, type PeopleContext } from './people-commands.ts'
import { messageCommands, type MessageContext } from './message-commands.ts'
import type { Channel } from './places.ts'
import { shortAddress } from './short-address.ts'

export interface CommandContext extends MessageContext, PeopleContext {
  readonly session: Session
  readonly channel: ChannelId | undefined
  readonly thread: EventId | undefined
  readonly argument: string
  /** Reads the list of channels again. */
  readonly reload: () => Promise<void>
  readonly open: (channel: ChannelId) => Promise<void>
  /** By name. Throws NOT_FOUND, BAD_REQUEST. */
  readonly find: (name: string) => Channel
  readonly quit: () => void
}

interface Command {
  readonly usage: string
  readonly summary: string
  /** Resolves to what to show. Throws HearthError. */
  run(context: CommandContext): Promise<readonly string[]> | readonly string[]
}

/** Runs `/name argument`. Throws HearthError. */
export const runCommand = async (
  line: string,
  context: Omit<CommandContext, 'argument'>,
): Promise<readonly string[]> => {
  const [name = '', ...rest] = line.slice(1).split(/\s+/)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return [`there is no command /${cleanLine(name)}; /help lists them`]
  return command.run({ ...context, argument: rest.join(' ').trim() })
}

const textOf = (event: { readonly body?: unknown } | undefined): string =>
  typeof event?.body === 'string' ? event.body : ''

export const commandNames = (): string[] => Object.keys(commands)

const commands: Readonly<Record<string, Command>> = {
  join: {
    usage: '/join INVITE',
    summary: 'join a server by its invite',
    run: async ({ argument, reload, personally }) => {
      const invite = inviteCode(argument)
      if (invite === '') return ['say which: /join INVITE']
      await personally(serverJoin, { invite })
      await reload()
      return ['joined']
    },
  },
  dm: {
    usage: '/dm NAME',
    summary: 'write to a friend directly',
    run: async ({ session, argument, reload, open }) => {
      if (argument === '') return ['say to whom: /dm NAME']
      const { channel } = await session.call(dmOpen, { address: argument.replace(/^@/, '') })
      await reload()
      await open(channel)
      return []
    },
  },
  go: {
    usage: '/go #CHANNEL',
    summary: 'open a channel, server/#channel or @NAME',
    run: async ({ argument, find, open }) => {
      if (argument === '') return ['say where: /go #general']
      await open(find(argument).id)
      return []
    },
  },
  ...messageCommands,
  inbox: {
    usage: '/inbox',
    summary: 'show who mentioned you and what you are asked',
    run: async ({ personally }) => {
      const { items } = await personally(inboxList, { limit: 20 })
      const lines = items.map(({ kind, time, event, from }) => {
        const who = event?.author.address ?? from?.address ?? ''
        return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} ${kind} ${shortAddress(who)} ${cleanLine(textOf(event))}`
      })
      return lines.length === 0 ? ['your inbox is empty'] : lines
    },
  },
  ...peopleCommands,
  who: {
    usage: '/who',
    summary: 'list who is here now',
    run: async ({ session, channel }) => {
      if (channel === undefined) return ['no channel is open']
      const { online } = await session.call(who, { channel })
      const shown = online.map(
        ({ address, status }) => shortAddress(address) + (status === 'online' ? '' : ` (${status})`),
      )
      return [`${online.length} here: ${shown.join(', ')}`]
    },
  },
  help: {
    usage: '/help [NAME]',
    summary: 'show this, or what one command does',
    run: ({ argument }) => {
      const name = argument.replace(/^\//, '')
      const one = Object.hasOwn(commands, name) ? commands[name] : undefined
      if (one !== undefined) return [`${one.usage}: ${one.summary}`]
      const all = Object.values(commands).map(({ usage }) => usage.replaceAll(' ', '\u00a0'))
      return [...keys.map(([key, does]) => `${key.padEnd(14)} ${does}`), all.join('  ')]
    },
  },
  quit: {
    usage: '/quit',
    summary: 'leave the chat; Ctrl-C does the same',
    run: ({ quit }) => {
      quit()
      return []
    },
  },
}

const keys = [
  ['Ctrl-N Ctrl-P', 'next and previous channel'],
  ['Tab', 'complete @name, #channel, /command'],
  ['Ctrl-U Alt-A', 'go to what you have not read'],
  ['PgUp PgDn End', 'read back, and return'],
  ['Up Down', 'what you said before'],
  ['Alt-Enter', 'a new line in the message'],
  ['Ctrl-R', 'send failed messages again'],
  ['Esc', 'close this, then the thread'],
] as const
