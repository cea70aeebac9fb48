export { runChat } from './main.ts'
export type { ChatIo } from './terminal-io.ts'
