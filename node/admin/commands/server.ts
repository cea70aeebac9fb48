import { z } from 'zod'
import { nodeCommand, shown, textFlag, word, yesFlag } from '../command.ts'
import type { Column, Command } from '../command.ts'
import { successionCommands } from './succession.ts'

const server = word(0, 'SERVER', 'handle of the server')
const as = textFlag('USER', 'act as this user (default: as the operator of the node)')

const channelColumns: readonly Column[] = [
  { key: 'channel', title: 'CHANNEL' },
  { key: 'name', title: 'NAME' },
  { key: 'category', title: 'CATEGORY' },
  { key: 'private', title: 'PRIVATE', kind: 'flag' },
  { key: 'archived', title: 'ARCHIVED', kind: 'flag' },
  { key: 'keptDays', title: 'KEPT DAYS', kind: 'number' },
  { key: 'id', title: 'ID' },
]

export const serverCommands: readonly Command[] = [
  nodeCommand({
    noun: 'server',
    verb: 'create',
    summary: 'found a server on this node',
    args: z.strictObject({
      server,
      name: textFlag('NAME', 'name to display'),
      owner: textFlag('USER', 'a founder beside the node itself'),
    }),
    examples: ['hearth server create chess', 'hearth server create chess --name "Chess club" --owner alice'],
    shape: 'record',
    text: (result) => `server ${shown(result, 'server')} founded (${shown(result, 'id')})`,
    run: async (node, input) => ({ server: input.server, ...(await node.servers.create(input)) }),
  }),
  nodeCommand({
    noun: 'server',
    verb: 'list',
    summary: 'list the servers of this node',
    args: z.strictObject({}),
    examples: ['hearth server list'],
    shape: 'rows',
    columns: [
      { key: 'server', title: 'SERVER' },
      { key: 'name', title: 'NAME' },
      { key: 'channels', title: 'CHANNELS', kind: 'number' },
      { key: 'members', title: 'MEMBERS', kind: 'number' },
      { key: 'id', title: 'ID' },
    ],
    run: async (node, _input, io) => {
      for (const row of await node.servers.list()) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'server',
    verb: 'show',
    summary: 'show a server with its channels and roles',
    args: z.strictObject({ server }),
    examples: ['hearth server show home'],
    shape: 'record',
    run: async (node, input) => ({ ...(await node.servers.show(input.server)) }),
  }),
  nodeCommand({
    noun: 'server',
    verb: 'join',
    summary: 'join a server, of this node or of another, by an invite',
    args: z.strictObject({
      invite: word(0, 'LINK', 'invite link, or the code of one of this node'),
      user: z.string().min(1).meta({ placeholder: 'USER', description: 'who joins: a user of this node' }),
    }),
    examples: ["hearth server join 'https://friends.example/join#hi_…' --user alice"],
    shape: 'record',
    text: (result, input) =>
      `${shown(input, 'user')} is a member of ${shown(result, 'server')}` +
      (result['history'] === undefined || result['history'] === 'whole'
        ? ''
        : `; its newest messages are here, its history goes on (${shown(result, 'history')}): hearth server show ${shown(result, 'server')}`),
    run: async (node, input, io) => ({ ...(await node.servers.join(input, (progress) => io.progress(progress))) }),
  }),
  nodeCommand({
    noun: 'server',
    verb: 'leave',
    summary: 'leave a server; after its last member this node takes nothing of it any more',
    args: z.strictObject({
      server,
      user: z.string().min(1).meta({ placeholder: 'USER', description: 'who leaves: a user of this node' }),
    }),
    examples: ['hearth server leave chess --user alice --yes'],
    destroys: (input) => `Let ${shown(input, 'user')} leave ${shown(input, 'server')}? Coming back takes an invite.`,
    shape: 'record',
    text: (_result, input) => `${shown(input, 'user')} has left ${shown(input, 'server')}`,
    run: async (node, input) => {
      await node.servers.leave(input)
      return { ...input, left: true }
    },
  }),
  ...successionCommands,
  nodeCommand({
    noun: 'channel',
    verb: 'create',
    summary: 'create a channel in a server',
    args: z.strictObject({
      server,
      channel: word(1, 'CHANNEL', 'handle of the channel; fixed for ever'),
      name: textFlag('NAME', 'name to display'),
      category: textFlag('CATEGORY', 'heading that it stands under'),
      topic: textFlag('TEXT', 'what it is about'),
      private: yesFlag('only members that are let in see it'),
      as,
    }),
    examples: ['hearth channel create home garden', 'hearth channel create home board --private'],
    shape: 'record',
    text: (result) => `channel #${shown(result, 'channel')} created (${shown(result, 'id')})`,
    run: async (node, input) => ({ channel: input.channel, ...(await node.servers.createChannel(input)) }),
  }),
  nodeCommand({
    noun: 'channel',
    verb: 'list',
    summary: 'list the channels of a server',
    args: z.strictObject({ server }),
    examples: ['hearth channel list home'],
    shape: 'rows',
    columns: channelColumns,
    run: async (node, input, io) => {
      for (const row of await node.servers.channels(input.server)) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'channel',
    verb: 'archive',
    summary: 'close a channel: it stays readable, nobody can write',
    args: z.strictObject({ server, channel: word(1, 'CHANNEL', 'handle of the channel'), as }),
    examples: ['hearth channel archive home garden --yes'],
    destroys: (input) => `Archive #${shown(input, 'channel')}? Nobody can write there afterwards.`,
    shape: 'record',
    text: (result) => `#${shown(result, 'channel')} is archived`,
    run: async (node, input) => {
      await node.servers.archiveChannel(input)
      return { channel: input.channel, archived: true }
    },
  }),
  nodeCommand({
    noun: 'channel',
    verb: 'retention',
    summary: 'say for how long a channel is kept; older messages are dropped on every node, for good',
    args: z.strictObject({
      server,
      channel: word(1, 'CHANNEL', 'handle of the channel'),
      keep: z
        .string()
        .regex(/^(?:[1-9]\d{0,3}|forever)$/)
        .meta({ position: 2, placeholder: 'DAYS', description: 'whole days up to 3650, or forever' }),
      as,
    }),
    examples: ['hearth channel retention home garden 30 --yes', 'hearth channel retention home garden forever --yes'],
    destroys: (input) =>
      input['keep'] === 'forever'
        ? `Keep #${shown(input, 'channel')} for ever from now on?`
        : `Drop messages of #${shown(input, 'channel')} that are older than ${shown(input, 'keep')} days, on every node? They cannot be brought back.`,
    shape: 'record',
    text: (result) =>
      result['days'] === null
        ? `#${shown(result, 'channel')} is kept for ever`
        : `#${shown(result, 'channel')} is kept for ${shown(result, 'days')} days`,
    run: async (node, { keep, ...input }) => {
      const days = keep === 'forever' ? undefined : Number(keep)
      await node.servers.setRetention({ ...input, days })
      return { channel: input.channel, days: days ?? null }
    },
  }),
]
