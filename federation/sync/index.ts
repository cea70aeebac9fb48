export type * from './components.ts'
export { createSync } from './create-sync.ts'
