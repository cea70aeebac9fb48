import { z } from 'zod'
import { listFlag, nodeCommand, shown, textFlag, word } from '../command.ts'
import type { Command, Row } from '../command.ts'

const server = word(0, 'SERVER', 'handle of the server')
const as = textFlag('USER', 'act as this user (default: as the operator of the node)')
const guardians = listFlag('MEMBER', 'its guardians: user names of this node, or addresses, with commas')
const someGuardians = z
  .array(z.string().min(1).max(256))
  .min(1)
  .max(16)
  .meta({ placeholder: 'MEMBER', description: 'user names of this node, or addresses, with commas' })
const threshold = z
  .int()
  .min(1)
  .max(16)
  .optional()
  .meta({ placeholder: 'COUNT', description: 'how many guardians it takes (default: more than half)' })

const outcome = (result: Row, done: string): string =>
  result['inForce'] === true
    ? done
    : `${shown(result, 'approvals')} of ${shown(result, 'needed')} guardians approve ${shown(result, 'root')}; the others: hearth server succession approve`

/** Who owns a server when its owner's node is gone (GOV-32 to GOV-37). */
export const successionCommands: readonly Command[] = [
  nodeCommand({
    noun: 'server',
    verb: 'succession show',
    summary: 'show who owns a server, who may hand it on, what is proposed, and whether their nodes are there',
    args: z.strictObject({ server }),
    examples: ['hearth server succession show home'],
    shape: 'rows',
    columns: [
      { key: 'what', title: 'WHAT' },
      { key: 'member', title: 'MEMBER' },
      { key: 'link', title: 'LINK' },
      { key: 'approvals', title: 'APPROVED' },
      { key: 'note', title: 'NOTE' },
      { key: 'root', title: 'ID' },
      { key: 'node', title: 'NODE' },
    ],
    run: async (node, input, io) => {
      for (const row of await node.succession.show(input.server)) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'server',
    verb: 'succession set',
    summary: 'name the guardians of a server: members, best on other nodes, who together may hand it on',
    args: z.strictObject({ server, guardians: someGuardians, threshold, as }),
    examples: ['hearth server succession set home --guardians bob@elm.example,carl@fir.example --threshold 2'],
    shape: 'record',
    text: (result, input) => outcome(result, `${shown(input, 'server')} has guardians; whoever they name can own it`),
    run: async (node, input) => ({ ...(await node.succession.set(input)) }),
  }),
  nodeCommand({
    noun: 'server',
    verb: 'succession propose',
    summary: 'hand a server on: at once as its owner, as a guardian when enough of them approve',
    args: z.strictObject({
      server,
      owner: word(1, 'MEMBER', 'who is to own it instead: user name of this node, or address; several with commas'),
      guardians,
      threshold,
      as,
    }),
    examples: ['hearth server succession propose home bob --as bob --yes'],
    destroys: (input) =>
      `Hand ${shown(input, 'server')} on to ${shown(input, 'owner')}? Owners who are not named lose it.`,
    shape: 'record',
    text: (result, input) => outcome(result, `${shown(input, 'server')} belongs to ${shown(input, 'owner')} now`),
    run: async (node, { owner, ...input }) => ({
      ...(await node.succession.propose({ ...input, owners: owner.split(',').filter((name) => name !== '') })),
    }),
  }),
  nodeCommand({
    noun: 'server',
    verb: 'succession approve',
    summary: 'approve, as a guardian, what is proposed, or the new guardians that an owner named',
    args: z.strictObject({
      server,
      root: z
        .uuid()
        .optional()
        .meta({ position: 1, placeholder: 'ID', description: 'which, when several are proposed' }),
      as,
    }),
    examples: ['hearth server succession approve home --as carl --yes'],
    destroys: (input) => `Approve it? No word for a successor of ${shown(input, 'server')} is ever taken back.`,
    shape: 'record',
    text: (result, input) =>
      outcome(result, `approved; it is in force: hearth server succession show ${shown(input, 'server')}`),
    run: async (node, input) => ({ ...(await node.succession.approve(input)) }),
  }),
]
