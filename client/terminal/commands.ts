import { dmOpen } from '../../spec/calls/dm.open.ts'
import { serverJoin } from '../../spec/calls/server.join.ts'
import { who } from '../../spec/calls/who.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { Session } from '../sdk/index.ts'
import { cleanLine } from './clean-text.ts'
import { inviteCode } from './invite-code.ts'
import { messageCommands } from './message-commands.ts'
import { shortAddress } from './short-address.ts'

export interface CommandContext {
  readonly session: Session
  readonly channel: ChannelId | undefined
  readonly argument: string
  /** Reads the list of channels again. */
  readonly reload: () => Promise<void>
  readonly open: (channel: ChannelId) => Promise<void>
  readonly quit: () => void
  /** Asks on the input line, unseen; undefined when the person gives up. */
  readonly askSecret: (prompt: string) => Promise<string | undefined>
  readonly joinByPassword: (invite: string, password: string) => Promise<void>
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

const commands: Readonly<Record<string, Command>> = {
  join: {
    usage: '/join INVITE',
    summary: 'join a server by its invite',
    run: async ({ session, argument, reload, askSecret, joinByPassword }) => {
      const invite = inviteCode(argument)
      if (invite === '') return ['say which: /join INVITE']
      try {
        await session.call(serverJoin, { invite })
      } catch (error) {
        if (!(error instanceof HearthError) || error.code !== 'NOT_ALLOWED') throw error
        // an app token does not act on the account of its user (ACC-46)
        const password = await askSecret('Password to join: ')
        if (password === undefined) return ['not joined']
        await joinByPassword(invite, password)
      }
      await reload()
      return ['joined']
    },
  },
  dm: {
    usage: '/dm NAME',
    summary: 'write to a friend directly',
    run: async ({ session, argument, reload, open }) => {
      if (argument === '') return ['say to whom: /dm NAME']
      const { channel } = await session.call(dmOpen, { address: argument })
      await reload()
      await open(channel)
      return []
    },
  },
  ...messageCommands,
  who: {
    usage: '/who',
    summary: 'list who is here now',
    run: async ({ session, channel }) => {
      if (channel === undefined) return ['no channel is open']
      const { online } = await session.call(who, { channel })
      return [`${online.length} here: ${online.map(({ address }) => shortAddress(address)).join(', ')}`]
    },
  },
  help: {
    usage: '/help',
    summary: 'show this',
    run: () => [
      ...Object.values(commands).map(({ usage, summary }) => `${usage.padEnd(17)} ${summary}`),
      ...keys.map(([key, summary]) => `${key.padEnd(17)} ${summary}`),
    ],
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
  ['Ctrl-N Ctrl-P', 'next and previous channel; Tab too'],
  ['Ctrl-U Alt-A', 'go to what you have not read'],
  ['PgUp PgDn End', 'read back, and return'],
  ['Up Down', 'what you said before'],
  ['Alt-Enter', 'a new line in the message'],
  ['Ctrl-R', 'send failed messages again'],
  ['Esc', 'close this'],
] as const
