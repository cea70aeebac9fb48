import { resolve } from 'node:path'
import { z } from 'zod'
import { localCommand, nodeCommand, shown, textFlag, word } from '../command.ts'
import type { Command } from '../command.ts'

export const backupCommands: readonly Command[] = [
  nodeCommand({
    noun: 'backup',
    verb: 'create',
    summary: 'copy the data of the running node, consistent as of one moment',
    args: z.strictObject({ folder: word(0, 'FOLDER', 'new folder for the copy; it must not exist') }),
    examples: ['hearth backup create /backup/hearth-monday'],
    shape: 'record',
    text: (result) =>
      `${shown(result, 'position')} entries in ${shown(result, 'path')} (${shown(result, 'files')} files)`,
    run: async (node, input, io) => ({
      ...(await node.backup.create(resolve(input.folder), {
        progress: (progress) => io.progress(progress),
        signal: io.signal,
      })),
    }),
  }),
  localCommand({
    noun: 'backup',
    verb: 'verify',
    summary: 'open a backup, walk all of it and report damage',
    args: z.strictObject({ folder: word(0, 'FOLDER', 'a backup') }),
    examples: ['hearth backup verify /backup/hearth-monday'],
  }),
  localCommand({
    noun: 'backup',
    verb: 'restore',
    summary: 'make a data folder out of a backup; the node must be down',
    args: z.strictObject({
      folder: word(0, 'FOLDER', 'a backup'),
      into: textFlag('FOLDER', 'data folder to make (default: that of --data); what is there is moved aside'),
    }),
    examples: ['hearth backup restore /backup/hearth-monday --data ./data --yes'],
    destroys: () => 'Replace the data folder by the backup? What is there is moved aside, not deleted.',
  }),
]
