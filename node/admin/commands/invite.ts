import { z } from 'zod'
import { durationMs, durationText, nodeCommand, numberFlag, shown, textFlag, word, yesFlag } from '../command.ts'
import type { Command } from '../command.ts'

export const inviteCommands: readonly Command[] = [
  nodeCommand({
    noun: 'invite',
    verb: 'create',
    summary: 'make an invite with which a new person signs up',
    args: z.strictObject({
      server: textFlag('SERVER', 'server to join with it (default: the first one)'),
      role: textFlag('ROLE', 'role that it gives there'),
      uses: numberFlag('COUNT', 'how many people may use it', { min: 1, max: 10_000, value: 1 }),
      remote: yesFlag('people of other nodes can follow the link, too'),
      as: textFlag(
        'USER',
        'act as this user, for a server that another node made (default: as the operator of the node)',
      ),
      expires: durationText
        .default('7d')
        .meta({ placeholder: 'TIME', description: 'how long it holds: a number and s, m, h, d or w' }),
    }),
    examples: [
      'hearth invite create',
      'hearth invite create --uses 20 --expires 30d',
      'hearth invite create --role admin',
      'hearth invite create --remote',
      'hearth invite create --remote --server friends --as alice',
    ],
    shape: 'record',
    text: (result) => `${shown(result, 'link')}\ncode: ${shown(result, 'code')}`,
    run: async (node, input) => ({
      ...(await node.invites.create({
        server: input.server,
        role: input.role,
        uses: input.uses,
        remote: input.remote,
        as: input.as,
        expiresInMs: durationMs(input.expires),
      })),
    }),
  }),
  nodeCommand({
    noun: 'invite',
    verb: 'list',
    summary: 'list the invites that still work',
    args: z.strictObject({}),
    examples: ['hearth invite list'],
    shape: 'rows',
    columns: [
      { key: 'id', title: 'INVITE' },
      { key: 'server', title: 'SERVER' },
      { key: 'role', title: 'ROLE' },
      { key: 'usesLeft', title: 'USES LEFT', kind: 'number' },
      { key: 'expires', title: 'EXPIRES', kind: 'time' },
    ],
    run: async (node, _input, io) => {
      for (const row of await node.invites.list()) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'invite',
    verb: 'revoke',
    summary: 'make an invite worthless',
    args: z.strictObject({ invite: word(0, 'INVITE', 'id from `hearth invite list`') }),
    examples: ['hearth invite revoke 4f2a9c --yes'],
    destroys: (input) => `Revoke the invite ${shown(input, 'invite')}?`,
    shape: 'record',
    text: (result) => `invite ${shown(result, 'invite')} revoked`,
    run: async (node, input) => {
      await node.invites.revoke(input.invite)
      return { invite: input.invite, revoked: true }
    },
  }),
]
