import { z } from 'zod'
import { permissions } from '../../../spec/permissions.ts'
import { nodeCommand, numberFlag, shown, textFlag, word } from '../command.ts'
import type { Command } from '../command.ts'

const server = word(0, 'SERVER', 'handle of the server')
const user = word(1, 'USER', 'user name of the member')
const role = word(2, 'ROLE', 'id of the role, from `hearth role list`')
const as = textFlag('USER', 'act as this user (default: as the operator of the node)')

export const roleCommands: readonly Command[] = [
  nodeCommand({
    noun: 'role',
    verb: 'create',
    summary: 'create a role in a server',
    args: z.strictObject({
      server,
      role: word(1, 'NAME', 'name of the role'),
      rank: numberFlag('RANK', 'a smaller rank stands above a larger one', { min: 1, max: 1_000, value: 100 }),
      allow: z
        .array(z.enum(permissions))
        .max(permissions.length)
        .optional()
        .meta({ placeholder: 'PERMISSION', description: `what it may do, with commas: ${permissions.join(', ')}` }),
      as,
    }),
    examples: ['hearth role create home moderator --rank 10 --allow manageMessages,kick,ban'],
    shape: 'record',
    text: (result) => `role ${shown(result, 'role')} created`,
    run: async (node, input) => {
      const { allow, ...role } = input
      return { ...(await node.servers.createRole({ ...role, permissions: allow ?? [] })) }
    },
  }),
  nodeCommand({
    noun: 'role',
    verb: 'list',
    summary: 'list the roles of a server',
    args: z.strictObject({ server }),
    examples: ['hearth role list home'],
    shape: 'rows',
    columns: [
      { key: 'role', title: 'ROLE' },
      { key: 'name', title: 'NAME' },
      { key: 'rank', title: 'RANK', kind: 'number' },
      { key: 'permissions', title: 'MAY' },
    ],
    run: async (node, input, io) => {
      for (const row of await node.servers.roles(input.server)) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'role',
    verb: 'assign',
    summary: 'give a member a role',
    args: z.strictObject({ server, user, role, as }),
    examples: ['hearth role assign home alice 10-moderator'],
    shape: 'record',
    text: (result) => `${shown(result, 'user')} is ${shown(result, 'role')}`,
    run: async (node, input) => {
      await node.servers.assignRole(input)
      return { user: input.user, role: input.role, assigned: true }
    },
  }),
  nodeCommand({
    noun: 'role',
    verb: 'unassign',
    summary: 'take a role from a member',
    args: z.strictObject({ server, user, role, as }),
    examples: ['hearth role unassign home alice 10-moderator --yes'],
    destroys: (input) => `Take the role ${shown(input, 'role')} from ${shown(input, 'user')}?`,
    shape: 'record',
    text: (result) => `${shown(result, 'user')} is no longer ${shown(result, 'role')}`,
    run: async (node, input) => {
      await node.servers.unassignRole(input)
      return { user: input.user, role: input.role, assigned: false }
    },
  }),
]
