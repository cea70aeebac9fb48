import { z } from 'zod'
import { localCommand, textFlag, word, yesFlag } from '../command.ts'
import type { Command } from '../command.ts'

export const keyCommands: readonly Command[] = [
  localCommand({
    noun: 'key',
    verb: 'show',
    summary: 'show which keys this node has',
    args: z.strictObject({}),
    examples: ['hearth key show', 'hearth key show --json'],
  }),
  localCommand({
    noun: 'key',
    verb: 'rotate',
    summary: 'make a new hot key, certified by the root; the next start takes it up',
    args: z.strictObject({
      root: textFlag('FILE', 'the exported root key, when it is not on this machine'),
      revokeEarlier: yesFlag(
        'a key was stolen: nothing that any key before it sealed is taken by other nodes any more',
      ),
    }),
    examples: [
      'hearth key rotate',
      'hearth key rotate --revoke-earlier',
      'hearth key rotate --root /media/usb/home-root.key',
    ],
  }),
  localCommand({
    noun: 'key',
    verb: 'export-root',
    summary: 'move the root key into a file, to be kept off this machine',
    args: z.strictObject({ file: word(0, 'FILE', 'new file; whoever has it can be this node') }),
    examples: ['hearth key export-root /media/usb/home-root.key'],
  }),
  localCommand({
    noun: 'key',
    verb: 'import-root',
    summary: 'put the root key back',
    args: z.strictObject({ file: word(0, 'FILE', 'file that export-root wrote') }),
    examples: ['hearth key import-root /media/usb/home-root.key'],
  }),
]
