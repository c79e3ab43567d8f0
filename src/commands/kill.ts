export { KILL as default } from './stop.ts';
