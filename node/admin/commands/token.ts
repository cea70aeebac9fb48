import { z } from 'zod'
import { durationMs, durationText, listFlag, nodeCommand, shown, textFlag, word, yesFlag } from '../command.ts'
import type { Command } from '../command.ts'

export const tokenCommands: readonly Command[] = [
  nodeCommand({
    noun: 'token',
    verb: 'create',
    summary: 'make an app token for a bot, a script or a device',
    args: z.strictObject({
      user: word(0, 'USER', 'user that the token acts for'),
      label: word(1, 'LABEL', 'what it is for'),
      channel: listFlag('SERVER/CHANNEL', 'only these channels; several with commas'),
      readOnly: yesFlag('may not send'),
      sendOnly: yesFlag('may not read'),
      expires: durationText
        .optional()
        .meta({ placeholder: 'TIME', description: 'stops working after this: a number and s, m, h, d or w' }),
    }),
    examples: ['hearth token create alice doorbell --channel home/general --send-only'],
    shape: 'record',
    text: (result) => `token ${shown(result, 'id')}, shown once: ${shown(result, 'token')}`,
    run: async (node, input) => ({
      ...(await node.tokens.create({
        user: input.user,
        name: input.label,
        channels: input.channel,
        send: !input.readOnly,
        read: !input.sendOnly,
        expiresInMs: input.expires === undefined ? undefined : durationMs(input.expires),
      })),
    }),
  }),
  nodeCommand({
    noun: 'token',
    verb: 'list',
    summary: 'list app tokens',
    args: z.strictObject({ user: textFlag('USER', 'only of this user') }),
    examples: ['hearth token list', 'hearth token list --user alice'],
    shape: 'rows',
    columns: [
      { key: 'id', title: 'TOKEN' },
      { key: 'user', title: 'USER' },
      { key: 'name', title: 'LABEL' },
      { key: 'channels', title: 'CHANNELS' },
      { key: 'send', title: 'SEND', kind: 'flag' },
      { key: 'read', title: 'READ', kind: 'flag' },
      { key: 'lastUsed', title: 'LAST USED', kind: 'time' },
      { key: 'expires', title: 'EXPIRES', kind: 'time' },
    ],
    run: async (node, input, io) => {
      for (const row of await node.tokens.list(input.user)) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'token',
    verb: 'revoke',
    summary: 'make a token worthless and cut its connections',
    args: z.strictObject({ token: word(0, 'TOKEN', 'id from `hearth token list`') }),
    examples: ['hearth token revoke 9c01d2 --yes'],
    destroys: (input) => `Revoke the token ${shown(input, 'token')}?`,
    shape: 'record',
    text: (result) => `token ${shown(result, 'token')} revoked`,
    run: async (node, input) => {
      await node.tokens.revoke(input.token)
      return { token: input.token, revoked: true }
    },
  }),
]
