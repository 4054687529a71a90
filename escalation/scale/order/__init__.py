"""Order of levels in time: rank association, permutation, superiority of one period over another."""
