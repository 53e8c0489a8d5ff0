// The report's page: unpacks the data that it carries, then draws itself; or says why it cannot.
import { mount } from 'svelte';
import '../lib/tokens.css';
import { readEmbedded } from '../lib/levels';
import Report from './Report.svelte';

const page = document.getElementById('page')!;
try {
  const levels = await readEmbedded(document.getElementById('levels'));
  page.replaceChildren();
  mount(Report, { target: page, props: { levels } });
} catch (error) {
  page.textContent = `This report cannot be shown: ${error instanceof Error ? error.message : String(error)}. The data are in it all the same; rampart levels --json makes them anew.`;
}
