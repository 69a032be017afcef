int forgotten;
