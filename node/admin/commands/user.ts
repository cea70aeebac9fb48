import { z } from 'zod'
import { nodeCommand, passwordArgument, shown, textFlag, word } from '../command.ts'
import type { Command } from '../command.ts'

const user = word(0, 'USER', 'user name, such as alice')

const shownPassword = (result: Readonly<Record<string, unknown>>): string =>
  typeof result['password'] === 'string'
    ? `password of ${shown(result, 'user')}, shown once: ${result['password']}`
    : `password of ${shown(result, 'user')} set`

export const userCommands: readonly Command[] = [
  nodeCommand({
    noun: 'user',
    verb: 'add',
    summary: 'create an account',
    args: z.strictObject({
      user,
      password: passwordArgument('first password'),
    }),
    examples: ['hearth user add alice', 'hearth user add ada --password-stdin < password.txt'],
    shape: 'record',
    text: shownPassword,
    run: async (node, input) => ({ user: input.user, ...(await node.users.create(input)) }),
  }),
  nodeCommand({
    noun: 'user',
    verb: 'list',
    summary: 'list the accounts of this node',
    args: z.strictObject({}),
    examples: ['hearth user list', 'hearth user list --json'],
    shape: 'rows',
    columns: [
      { key: 'user', title: 'USER' },
      { key: 'disabled', title: 'DISABLED', kind: 'flag' },
      { key: 'devices', title: 'DEVICES', kind: 'number' },
      { key: 'tokens', title: 'TOKENS', kind: 'number' },
      { key: 'created', title: 'CREATED', kind: 'time' },
    ],
    run: async (node, _input, io) => {
      for (const row of await node.users.list()) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'user',
    verb: 'show',
    summary: 'show one account',
    args: z.strictObject({ user }),
    examples: ['hearth user show alice'],
    shape: 'record',
    run: async (node, input) => ({ ...(await node.users.show(input.user)) }),
  }),
  nodeCommand({
    noun: 'user',
    verb: 'passwd',
    summary: 'set a new password',
    args: z.strictObject({ user, password: passwordArgument('new password') }),
    examples: ['hearth user passwd alice', 'hearth user passwd alice --password-stdin < password.txt'],
    shape: 'record',
    text: shownPassword,
    run: async (node, input) => ({
      user: input.user,
      ...(await node.users.setPassword(input.user, input.password)),
    }),
  }),
  nodeCommand({
    noun: 'user',
    verb: 'disable',
    summary: 'close an account: its connections end and no login works',
    args: z.strictObject({ user }),
    examples: ['hearth user disable mallory --yes'],
    destroys: (input) => `Disable ${shown(input, 'user')} and cut all of their connections?`,
    shape: 'record',
    text: (result) => `${shown(result, 'user')} is disabled`,
    run: async (node, input) => {
      await node.users.setDisabled(input.user, true)
      return { user: input.user, disabled: true }
    },
  }),
  nodeCommand({
    noun: 'user',
    verb: 'enable',
    summary: 'open a disabled account again',
    args: z.strictObject({ user }),
    examples: ['hearth user enable alice'],
    shape: 'record',
    text: (result) => `${shown(result, 'user')} is enabled`,
    run: async (node, input) => {
      await node.users.setDisabled(input.user, false)
      return { user: input.user, disabled: false }
    },
  }),
  nodeCommand({
    noun: 'user',
    verb: 'devices',
    summary: 'list the devices of a user, or revoke one',
    args: z.strictObject({ user, revoke: textFlag('DEVICE', 'revoke this device; takes effect within a second') }),
    examples: ['hearth user devices alice', 'hearth user devices alice --revoke phone --yes'],
    destroys: (input) =>
      input['revoke'] === undefined ? '' : `Revoke the device ${shown(input, 'revoke')} of ${shown(input, 'user')}?`,
    shape: 'rows',
    columns: [
      { key: 'device', title: 'DEVICE' },
      { key: 'client', title: 'CLIENT' },
      { key: 'address', title: 'ADDRESS' },
      { key: 'firstSeen', title: 'FIRST SEEN', kind: 'time' },
      { key: 'lastSeen', title: 'LAST SEEN', kind: 'time' },
      { key: 'revoked', title: 'REVOKED', kind: 'time' },
    ],
    run: async (node, input, io) => {
      if (input.revoke !== undefined) await node.users.revokeDevice(input.user, input.revoke)
      for (const row of await node.users.devices(input.user)) await io.row({ ...row })
      return undefined
    },
  }),
]
