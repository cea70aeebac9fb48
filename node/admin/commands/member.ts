import { z } from 'zod'
import { durationMs, durationText, nodeCommand, shown, textFlag, word } from '../command.ts'
import type { Command } from '../command.ts'

const target = {
  server: word(0, 'SERVER', 'handle of the server'),
  user: word(1, 'USER', 'user name of the member, or address'),
}
const as = textFlag('USER', 'act as this user (default: as the operator of the node)')

const act = (
  verb: 'kick' | 'unban',
  words: { readonly summary: string; readonly done: string; readonly asks?: string },
): Command =>
  nodeCommand({
    noun: 'member',
    verb,
    summary: words.summary,
    args: z.strictObject({ ...target, as }),
    examples: [`hearth member ${verb} home mallory${words.asks === undefined ? '' : ' --yes'}`],
    ...(words.asks === undefined
      ? {}
      : { destroys: (input) => `${words.asks} ${shown(input, 'user')} from ${shown(input, 'server')}?` }),
    shape: 'record',
    text: (result) => `${shown(result, 'user')} ${words.done}`,
    run: async (node, input) => {
      await node.servers[verb](input)
      return { server: input.server, user: input.user, done: verb }
    },
  })

export const memberCommands: readonly Command[] = [
  nodeCommand({
    noun: 'member',
    verb: 'list',
    summary: 'list the members of a server',
    args: z.strictObject({ server: target.server }),
    examples: ['hearth member list home'],
    shape: 'rows',
    columns: [
      { key: 'user', title: 'USER' },
      { key: 'name', title: 'NAME' },
      { key: 'roles', title: 'ROLES' },
      { key: 'rank', title: 'RANK', kind: 'number' },
      { key: 'timeoutUntil', title: 'TIMED OUT UNTIL', kind: 'time' },
      { key: 'banned', title: 'BANNED', kind: 'flag' },
    ],
    run: async (node, input, io) => {
      for (const row of await node.servers.members(input.server)) await io.row({ ...row })
      return undefined
    },
  }),
  act('kick', { summary: 'put a member out; they may come back by invite', done: 'is kicked', asks: 'Kick' }),
  nodeCommand({
    noun: 'member',
    verb: 'ban',
    summary: 'put a member out for good',
    args: z.strictObject({ ...target, reason: textFlag('TEXT', 'why; kept in the log'), as }),
    examples: ['hearth member ban home mallory --reason spam --yes'],
    destroys: (input) => `Ban ${shown(input, 'user')} from ${shown(input, 'server')}?`,
    shape: 'record',
    text: (result) => `${shown(result, 'user')} is banned`,
    run: async (node, input) => {
      await node.servers.ban(input)
      return { server: input.server, user: input.user, done: 'ban' }
    },
  }),
  act('unban', { summary: 'let a banned member join again', done: 'may join again' }),
  nodeCommand({
    noun: 'member',
    verb: 'timeout',
    summary: 'let a member only read for a while',
    args: z.strictObject({
      ...target,
      for: durationText.default('10m').meta({ placeholder: 'TIME', description: 'how long; 0s lifts it' }),
      as,
    }),
    examples: ['hearth member timeout home mallory --for 1h', 'hearth member timeout home mallory --for 0s'],
    shape: 'record',
    text: (result) => `${shown(result, 'user')} only reads for ${shown(result, 'for')}`,
    run: async (node, input) => {
      const { for: time, ...member } = input
      await node.servers.timeout({ ...member, forMs: durationMs(time) })
      return { server: input.server, user: input.user, for: time }
    },
  }),
]
